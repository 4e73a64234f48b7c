"""Joins two spokes into the translator of one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.errors import BadRequest
from agw.streaming.sse import SseEvent
from agw.translate.base import Losses, Spoke, StreamReader, StreamWriter, Translated
from agw.translate.deltas import Delta, End, Failed, Start
from agw.translate.neutral import Failure, Request
from agw.translate.renaming import names_for, sent_request, told_answer, told_delta
from agw.translate.tool_names import ToolNames


class HubTranslator:
    """``client`` is the format of the app, ``wire`` the provider's."""

    def __init__(self, client: Spoke, wire: Spoke) -> None:
        self._client = client
        self._wire = wire
        self._losses = Losses()
        self._asked = self._sent = Request(model="", turns=(), family="")
        self._names: ToolNames | None = None
        self._failed: Failure | None = None
        self._reader: StreamReader | None = None
        self._writer: StreamWriter | None = None
        self._last: Delta | None = None

    def request(self, body: Mapping[str, Any]) -> Translated:
        try:
            self._asked = self._client.read_request(body, self._losses)
            self._names = names_for(self._asked, self._wire.api_type)
            self._sent = self._asked if self._names is None else sent_request(self._asked, self._names)
            written = self._wire.write_request(self._sent, self._losses)
        except RecursionError:
            raise BadRequest("the request is nested too deeply to be translated") from None
        return Translated(written, self._losses.names)

    def answer(self, body: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._wire.read_answer(body, self._sent, self._losses)
        if self._names is not None:
            answer = told_answer(answer, self._names)
        written = self._client.write_answer(answer, self._asked, self._losses)
        # A failed Response is an answer of its own, with status 200.
        if answer.failure is not None and written == self._client.write_error(answer.failure):
            self._failed = answer.failure
        return written

    def event(self, event: SseEvent) -> list[bytes]:
        return self._written(self._stream().feed(event))

    def end(self) -> list[bytes]:
        return self._written(self._stream().end())

    def abort(self, failure: Failure) -> list[bytes]:
        if isinstance(self._last, End):
            return []
        begun: list[Delta] = [] if self._last is not None else [Start()]
        return self._written([*begun, Failed(failure), End()])

    def error(self, status: int, body: Mapping[str, Any] | None) -> dict[str, Any]:
        return self._client.write_error(self._wire.read_error(status, body))

    @property
    def failed(self) -> Failure | None:
        return self._failed

    @property
    def dropped(self) -> tuple[str, ...]:
        return self._losses.names

    def _stream(self) -> StreamReader:
        if self._reader is None:
            self._reader = self._wire.stream_reader(self._sent, self._losses)
        return self._reader

    def _written(self, deltas: list[Delta]) -> list[bytes]:
        if self._writer is None:
            self._writer = self._client.stream_writer(self._asked, self._losses)
        if self._names is not None:
            deltas = [told_delta(delta, self._names) for delta in deltas]
        if deltas:
            self._last = deltas[-1]
        write = self._writer.write
        return [data for delta in deltas for data in write(delta)]
