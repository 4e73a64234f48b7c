"""Server-sent events, decoded from bytes as they come (https://html.spec.whatwg.org/multipage/server-sent-events.html).

Two steps: ``Framer`` cuts the bytes into blocks that end with a blank line and keeps each block's exact bytes, so that
a stream can be edited by whole events; ``parse`` reads one block.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from agw.json_reading import loads

MAX_EVENT_BYTES = 16 * 1024 * 1024
"""A longer event is not read: its bytes pass, its meaning is lost and noted."""

# The end of a block: an end of line followed by another. The lookahead lets a lone CR wait for its LF.
_BLANK = re.compile(rb"\r\n\r\n|\n\n|\n\r\n|\r\n\n|\r\r(?!\n)|\n\r(?!\n)|\r\n\r(?!\n)")


_UNREAD: Any = object()


@dataclass(slots=True)
class SseEvent:
    """One event: ``name`` is its ``event:`` field (empty if none), ``data`` its joined ``data:`` lines."""

    name: str
    data: str
    _json: Any = field(default=_UNREAD, init=False, repr=False, compare=False)

    def json(self) -> Any:
        """The data as JSON, parsed once: it is not to be changed. Raises ValueError or RecursionError."""
        if self._json is _UNREAD:
            self._json = loads(self.data)
        return self._json


class Framer:
    """Cuts a byte stream into event blocks, each with the blank line that ends it."""

    __slots__ = ("_searched", "held", "oversized")

    def __init__(self) -> None:
        self.held = b""
        """What waits for its blank line."""
        self._searched = 0
        self.oversized = 0
        """How many times more than MAX_EVENT_BYTES came without an event's end."""

    def feed(self, data: bytes) -> list[bytes]:
        """The blocks that are complete now. Joined with ``flush``, they are exactly the bytes that came."""
        buffer = self.held + data if self.held else data
        # Step back over what may be the first half of a blank line.
        search = max(0, self._searched - 3)
        blocks = []
        if b"\r" in buffer:
            start = 0
            while True:
                found = _BLANK.search(buffer, search)
                # A match that ends the buffer with CR may still get its LF with the next piece.
                if found is None or (found.end() == len(buffer) and buffer.endswith(b"\r")):
                    break
                blocks.append(buffer[start : found.end()])
                start = search = found.end()
            self.held = buffer[start:]
        elif buffer.find(b"\n\n", search) < 0:
            self.held = buffer
        else:
            *ended, self.held = buffer.split(b"\n\n")
            blocks = [block + b"\n\n" for block in ended]
        self._searched = len(self.held)
        if len(self.held) > MAX_EVENT_BYTES:
            self.oversized += 1
            blocks.append(self.flush())
        return blocks

    def hold(self, rest: bytes) -> None:
        """As if nothing had come behind ``rest``."""
        self.held, self._searched = rest, 0

    def flush(self) -> bytes:
        """What is left at the end of the stream: an event without its blank line, or nothing."""
        rest, self.held, self._searched = self.held, b"", 0
        return rest


def parse(block: bytes) -> SseEvent | None:
    """The event of one block; None for comments and for blocks without data. Never raises."""
    if block.startswith(b"data: ") and block.find(b"\n") == len(block) - 2 and b"\r" not in block:
        return SseEvent("", block[6:-2].decode("utf-8", "replace"))
    if block.startswith(b"event: ") and b"\r" not in block:
        lines = block.split(b"\n")
        if len(lines) == 4 and lines[1].startswith(b"data: ") and not (lines[2] or lines[3]):
            return SseEvent(lines[0][7:].decode("utf-8", "replace"), lines[1][6:].decode("utf-8", "replace"))
    name = ""
    data: list[str] | None = None
    text = block.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    for line in re.split(r"\r\n|\n|\r", text):
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data = [value] if data is None else [*data, value]
        elif field == "event":
            name = value
    return None if data is None else SseEvent(name, "\n".join(data))
