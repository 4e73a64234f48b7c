"""A JSON array whose objects come one by one: Gemini's stream for clients that did not ask for ``alt=sse``.

Same shape as the event stream's reader: bytes in, one ``SseEvent`` for each object. Every byte is looked at once,
however the stream is cut; what lies between the objects is not checked.
"""

from __future__ import annotations

import re

from agw.streaming.sse import MAX_EVENT_BYTES, SseEvent

# Bytes of UTF-8 beyond ASCII are never one of these, so that a cut within a character does no harm.
_OUTSIDE = re.compile(rb'[{}"]')
_INSIDE = re.compile(rb'["\\]')


class JsonArray:
    """One answer's array."""

    __slots__ = ("_depth", "_in_text", "_rest", "_searched", "unreadable")

    def __init__(self) -> None:
        self.unreadable: str | None = None
        self._rest = bytearray()
        self._searched = 0
        self._depth = 0
        self._in_text = False

    def feed(self, data: bytes) -> list[SseEvent]:
        """The objects that are complete now, as events without a name. Never raises."""
        events: list[SseEvent] = []
        if self.unreadable is not None:
            return events
        buffer = self._rest
        buffer += data
        start, at = 0, self._searched
        while True:
            found = (_INSIDE if self._in_text else _OUTSIDE).search(buffer, at)
            if found is None:
                at = len(buffer)
                break
            mark, at = buffer[found.start()], found.end()
            if mark == 0x5C:
                if at == len(buffer):
                    at -= 1
                    break
                at += 1
            elif mark == 0x22:
                self._in_text = not self._in_text
            elif mark == 0x7B:
                if self._depth == 0:
                    start = found.start()
                self._depth += 1
            elif self._depth > 0:
                self._depth -= 1
                if self._depth == 0:
                    events.append(SseEvent("", buffer[start:at].decode("utf-8", "replace")))
                    start = at
        if self._depth == 0:
            start = at
        del buffer[:start]
        self._searched = at - start
        if len(buffer) > MAX_EVENT_BYTES:
            self.unreadable = "an object of the stream is too large"
            buffer.clear()
        return events

    def flush(self) -> list[SseEvent]:
        """To be called at the end of the body: says whether it ended within an object."""
        if self._depth and self.unreadable is None:
            self.unreadable = "the stream ends within an object"
        self._rest.clear()
        return []
