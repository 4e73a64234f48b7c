"""Rerank as Cohere speaks it, and its kin: Jina, Voyage, Together, OpenRouter, vLLM
(https://docs.cohere.com/reference/rerank).

Cohere bills in search units and tells tokens where a model counts them; the rules of ``usage.extract.RERANK`` read
both of its shapes and the ``usage`` of its kin.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.formats import parts
from agw.formats.fields import error_of, text
from agw.formats.plain import Unstreamed
from agw.record import AnswerFacts, Content, RequestFacts
from agw.usage.extract import RERANK, usage_from


class Rerank(Unstreamed):
    api_type = "rerank"
    operation = "rerank"

    def read_request(self, body: Mapping[str, Any]) -> RequestFacts:
        return RequestFacts(self.operation, self.api_type, text(body, "model"))

    def read_answer(self, body: Mapping[str, Any]) -> AnswerFacts:
        error = error_of(body)
        if error is None and "results" not in body and (message := text(body, "message")) is not None:
            error = ("error", message)
        return AnswerFacts(
            response_id=text(body, "id"),
            model=text(body, "model"),
            usage=usage_from(body, RERANK),
            error_type=error[0] if error else None,
            error_message=error[1] if error else None,
            complete=True,
        )

    def request_content(self, body: Mapping[str, Any]) -> Content:
        """The query; the documents are data, and may be a thousand."""
        query = body.get("query")
        return Content(
            input_messages=[{"role": "user", "parts": [parts.text_part(query)]}] if isinstance(query, str) else []
        )
