"""Embeddings of the models that Bedrock invokes: Titan and Nova tell their tokens, Cohere does so in a header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.formats.converse import error_of
from agw.formats.embeddings import Embeddings
from agw.record import AnswerFacts
from agw.usage.extract import BEDROCK_INVOKE, usage_from


class BedrockEmbeddings(Embeddings):
    api_type = "bedrockEmbeddings"

    def read_answer(self, body: Mapping[str, Any]) -> AnswerFacts:
        error = error_of(body)
        return AnswerFacts(
            usage=usage_from(body, BEDROCK_INVOKE),
            error_type=error[0] if error else None,
            error_message=error[1] if error else None,
            complete=True,
        )


BEDROCK_EMBEDDINGS = BedrockEmbeddings()
