"""The tap that answers in the client's format what a provider said in its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from agw.streaming.reader import AnswerReader
from agw.streaming.tap import Pieces, Tap
from agw.translate.base import Translator
from agw.translate.failures import UNREADABLE


class TranslatingTap(Tap):
    """Events are translated one by one; a whole body, or an error, once it is complete."""

    edits = True

    def __init__(
        self, reader: AnswerReader, now_ns: Callable[[], int], translator: Translator, http_status: int
    ) -> None:
        super().__init__(reader, now_ns)
        self._translator = translator
        self._http_status = http_status
        self.failure: str | None = None
        """Why a 2xx answer is none: the client's status should not be 2xx."""
        self.writes_events = reader.streamed and http_status < 300

    def _pass(self, data: bytes) -> Pieces:
        if self.writes_events:
            out = [piece for event in self.reader.events(data) for piece in self._translator.event(event)]
            return out if data else [*out, *self._translator.end()]
        if data:
            self.reader.take(data)
            return []
        return self._whole()

    def _whole(self) -> bytes:
        body = self.reader.body()
        if self._http_status >= 300:
            answer = self._translator.error(self._http_status, body)
        elif body is None:
            self.reader.note("answer not translated: it is no JSON object")
            self.failure = "the provider's answer is not valid JSON of its API"
            answer = self._translator.error(502, None)
        else:
            answer = self._translator.answer(body)
            if (failed := self._translator.failed) is not None:
                self.failure = failed.message
        return _dumped(answer)

    def _rescued(self, data: bytes) -> Pieces:
        """Bytes in the provider's format would be nonsense to the client: it gets an error in its own."""
        if not self.writes_events:
            return [] if data else self._unreadable()
        try:
            return self._translator.abort(UNREADABLE)
        except Exception:
            # The writer itself may be what has failed: nothing more can be said then.
            return []

    def _unreadable(self) -> bytes:
        self.failure = UNREADABLE.message
        return _dumped(self._translator.error(UNREADABLE.status, None))


def _dumped(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
