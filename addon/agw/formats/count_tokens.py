"""Counting tokens before a call: Anthropic's count_tokens and Gemini's countTokens.

The count is the answer, not usage: nothing is generated and nothing billed. So it is no ``Usage``, or every dashboard
would add the prompts up twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.formats.fields import error_of, text
from agw.formats.plain import Unstreamed
from agw.record import AnswerFacts, RequestFacts


class CountTokens(Unstreamed):
    operation = "count_tokens"

    def __init__(self, api_type: str) -> None:
        self.api_type = api_type

    def read_request(self, body: Mapping[str, Any]) -> RequestFacts:
        return RequestFacts(self.operation, self.api_type, text(body, "model"))

    def read_answer(self, body: Mapping[str, Any]) -> AnswerFacts:
        error = error_of(body)
        return AnswerFacts(
            error_type=error[0] if error else None, error_message=error[1] if error else None, complete=True
        )


ANTHROPIC_COUNT = CountTokens("anthropicTokenCount")
"""https://docs.claude.com/en/api/messages-count-tokens: the body is a Messages request."""
GEMINI_COUNT = CountTokens("geminiCountTokens")
"""https://ai.google.dev/api/tokens: the model stands in the path."""
