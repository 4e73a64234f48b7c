"""The list of models (``GET /v1/models``): no model is asked, so there is nothing to know but an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.formats.fields import error_of
from agw.formats.plain import Unstreamed
from agw.record import AnswerFacts, RequestFacts


class Models(Unstreamed):
    api_type = "models"
    operation = "list_models"

    def read_request(self, body: Mapping[str, Any]) -> RequestFacts:
        return RequestFacts(self.operation, self.api_type)

    def read_answer(self, body: Mapping[str, Any]) -> AnswerFacts:
        error = error_of(body)
        return AnswerFacts(
            error_type=error[0] if error else None, error_message=error[1] if error else None, complete=True
        )
