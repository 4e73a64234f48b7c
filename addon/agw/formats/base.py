"""What every API format can do: read a request, read an answer, fold a stream into the same answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from agw.record import AnswerFacts, Content, RequestFacts
from agw.streaming.sse import SseEvent


class StreamFold(Protocol):
    """Folds the events of one streamed answer. Built anew for each call; bounded in what it keeps."""

    def feed(self, event: SseEvent) -> None:
        """Takes one event. Never raises: what cannot be read is passed over."""

    @property
    def saw_content(self) -> bool:
        """True once a content token (text, reasoning, tool call, audio) has come."""

    def facts(self) -> AnswerFacts:
        """What is known so far. ``usage.source`` is PARTIAL until the end marker was seen."""

    def output_messages(self) -> list[dict[str, Any]] | None:
        """The answer's messages in the conventions' shape; None where the fold was told not to keep content."""


class Format(Protocol):
    """One API format. Stateless; all bodies are parsed JSON objects, never trusted to have any shape."""

    api_type: str
    operation: str

    def read_request(self, body: Mapping[str, Any]) -> RequestFacts:
        """Never raises: a field of the wrong type is absent."""

    def read_answer(self, body: Mapping[str, Any]) -> AnswerFacts:
        """Reads a whole (not streamed) answer of any status. Never raises."""

    def fold(self, *, keep_content: bool) -> StreamFold:
        """A new fold for a streamed answer."""

    def request_content(self, body: Mapping[str, Any]) -> Content:
        """The prompt's side of the content, in the conventions' shapes."""

    def answer_content(self, body: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        """The answer's messages of a whole answer, in the conventions' shapes."""
