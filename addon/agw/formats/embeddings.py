"""Embeddings (https://platform.openai.com/docs/api-reference/embeddings)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.formats import parts
from agw.formats.completions import Completions
from agw.formats.fields import error_of, integer, text, texts
from agw.record import AnswerFacts, Content, RequestFacts
from agw.usage.extract import OPENAI_EMBEDDINGS, usage_from


class Embeddings(Completions):
    """Never streamed; the fold is there for providers that do it all the same."""

    api_type = "embeddings"
    operation = "embeddings"

    def read_request(self, body: Mapping[str, Any]) -> RequestFacts:
        return RequestFacts(
            operation=self.operation,
            api_type=self.api_type,
            model=text(body, "model"),
            encoding_formats=texts(body, "encoding_format"),
            dimension_count=integer(body, "dimensions"),
        )

    def read_answer(self, body: Mapping[str, Any]) -> AnswerFacts:
        error = error_of(body)
        return AnswerFacts(
            model=text(body, "model"),
            usage=usage_from(body.get("usage"), OPENAI_EMBEDDINGS),
            error_type=error[0] if error else None,
            error_message=error[1] if error else None,
            complete=True,
        )

    def request_content(self, body: Mapping[str, Any]) -> Content:
        given = body.get("input")
        texts_given = given if isinstance(given, list) else [given]
        return Content(
            input_messages=[
                {"role": "user", "parts": [parts.text_part(one)]} for one in texts_given if isinstance(one, str)
            ]
        )

    def answer_content(self, body: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        return None
