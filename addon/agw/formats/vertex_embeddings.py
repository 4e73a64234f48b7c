"""Vertex's ``:predict`` for embeddings: each prediction tells the tokens of its own text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.formats.embeddings import Embeddings
from agw.formats.fields import error_of, items, mapping
from agw.record import AnswerFacts
from agw.usage import Source, Usage
from agw.usage.extract import count


def input_tokens(body: Mapping[str, Any]) -> int | None:
    """The tokens of all texts together; None unless every prediction tells its own."""
    statistics = [mapping(mapping(one, "embeddings"), "statistics") for one in items(body, "predictions")]
    counts = [count(one.get("token_count")) for one in statistics]
    known = [one for one in counts if one is not None]
    return sum(known) if known and len(known) == len(counts) else None


class VertexEmbeddings(Embeddings):
    api_type = "vertexEmbeddings"

    def read_answer(self, body: Mapping[str, Any]) -> AnswerFacts:
        error = error_of(body)
        tokens = input_tokens(body)
        return AnswerFacts(
            usage=None if tokens is None else Usage(input_tokens=tokens, source=Source.COMPUTED),
            error_type=error[0] if error else None,
            error_message=error[1] if error else None,
            complete=True,
        )
