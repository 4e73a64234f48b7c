"""Bedrock's InvokeModel, whose bodies are each model family's own
(https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html).

They pass as they came. Claude's are Anthropic Messages without model and stream, which stand in the path; of any other
family only the usage is recognised. Streams come in Amazon's framing, unwrapped by ``streaming.eventstream``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agw.formats import converse
from agw.formats.detect import Detect, DetectFold
from agw.formats.messages import Messages
from agw.json_reading import load_object
from agw.record import AnswerFacts, Content, RequestFacts
from agw.streaming.sse import SseEvent

_CLAUDE = Messages()
_OTHER = Detect()
_CLAUDES_EVENTS = ("message_start", "content_block_", "message_delta", "message_stop", "ping", "error")


class BedrockInvoke:
    api_type = "bedrockInvoke"
    operation = "chat"

    def read_request(self, body: Mapping[str, Any]) -> RequestFacts:
        return replace(_CLAUDE.read_request(body), api_type=self.api_type)

    def read_answer(self, body: Mapping[str, Any]) -> AnswerFacts:
        if body.get("type") in ("message", "error"):
            return _CLAUDE.read_answer(body)
        return _with_error(_OTHER.read_answer(body), converse.error_of(body))

    def fold(self, *, keep_content: bool) -> BedrockInvokeFold:
        return BedrockInvokeFold(keep_content)

    def request_content(self, body: Mapping[str, Any]) -> Content:
        return _CLAUDE.request_content(body) if "anthropic_version" in body else Content()

    def answer_content(self, body: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        return _CLAUDE.answer_content(body) if body.get("type") == "message" else None


class BedrockInvokeFold:
    """Which family it is, its first event tells. Bedrock's own exceptions may come in any."""

    def __init__(self, keep_content: bool) -> None:
        self._claude = _CLAUDE.fold(keep_content=keep_content)
        self._other = DetectFold()
        self._is_claude = False
        self._error: tuple[str | None, str] | None = None

    def feed(self, event: SseEvent) -> None:
        if event.name.startswith(_CLAUDES_EVENTS):
            self._is_claude = True
            self._claude.feed(event)
        elif event.name.endswith("Exception"):
            body = load_object(event.data)
            told = None if body is None else converse.error_of(body)
            self._error = (event.name[:100], told[1] if told else event.name[:100])
        else:
            self._other.feed(event)

    @property
    def saw_content(self) -> bool:
        return self._claude.saw_content if self._is_claude else self._other.saw_content

    def facts(self) -> AnswerFacts:
        return _with_error(self._claude.facts() if self._is_claude else self._other.facts(), self._error)

    def output_messages(self) -> list[dict[str, Any]] | None:
        return self._claude.output_messages() if self._is_claude else None


def _with_error(facts: AnswerFacts, error: tuple[str | None, str] | None) -> AnswerFacts:
    return facts if error is None else replace(facts, error_type=error[0], error_message=error[1])
