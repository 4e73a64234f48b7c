"""What formats share whose answers are not streamed and hold no messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from agw.formats.detect import DetectFold
from agw.record import AnswerFacts, Content


class _Reader(Protocol):
    def read_answer(self, body: Mapping[str, Any]) -> AnswerFacts: ...


class Unstreamed:
    """Base of such formats. Their fold is there for providers that stream all the same."""

    def fold(self: _Reader, *, keep_content: bool) -> DetectFold:
        return DetectFold()

    def request_content(self, body: Mapping[str, Any]) -> Content:
        return Content()

    def answer_content(self, body: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        return None
