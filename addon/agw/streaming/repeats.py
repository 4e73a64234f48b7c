"""Knows events again that differ from an earlier one in their text alone.

Most events of a stream are the same JSON with another piece of text in it. To parse each costs 40 µs and tells nothing
new; to see of all that came together that around their texts they are the same, byte for byte, costs next to nothing.
What the client gets of such events follows from what it got of the one that was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import takewhile

MOST_LEARNED = 32
"""Events that are learned from in one stream; where more differ, they are read one by one."""

# A string without what would end it or its line, or a number without a point.
_VALUE = rb'(?:"[^"\\\x00-\x1f]*+(?:\\[^\x00-\x1f][^"\\\x00-\x1f]*+)*+"|\d++)'
_ONE_VALUE = re.compile(_VALUE)
_CONTROL = re.compile(rb"[\x00-\x1f]")
_BACKSLASH = 0x5C
_END = b"\n"
_MARKS = (b"\r", b"\x00", b"\x01")
"""Stand for what is between the values of one event, as ``_END`` does for what is behind the last: no value holds
them."""


@cache
def _events(marks: int) -> re.Pattern[bytes]:
    """As many events as there are, of which only the values are left."""
    return re.compile(b"(?:%b)*+" % b"".join([*(_VALUE + mark for mark in _MARKS[:marks]), _VALUE, _END]))


class Repeats:
    """One stream's. ``members`` names the JSON members whose value may differ, wherever in the event they stand."""

    __slots__ = ("_around", "_learned", "_members", "_middle", "_pieces", "_sent", "_sent_joint")

    def __init__(self, members: Iterable[str]) -> None:
        self._members = [_member(name) for name in members]
        self._pieces: list[bytes] = []
        self._sent: list[bytes] = []
        self._middle: list[tuple[bytes, bytes]] = []
        self._sent_joint = b""
        self._around = 0
        """How much longer an event is than its values with their marks."""
        self._learned = 0

    def find(self, block: bytes) -> bytes | None:
        """What the client gets of ``block``, or None where it must be read."""
        sent, rest = self.begin(block)
        return None if rest or not block else sent

    def begin(self, data: bytes) -> tuple[bytes, bytes]:
        """What the client gets of the known events that ``data`` begins with, and what of ``data`` is behind them."""
        if not self._pieces or not data.startswith(self._pieces[0]):
            return b"", data
        first, last = self._pieces[0], self._pieces[-1]
        if not self._middle and (one := _ONE_VALUE.match(data, len(first))) and data[one.end() :] == last:
            # Most come by themselves.
            return (data if self._pieces is self._sent else one[0].join(self._sent)), b""
        *ended, behind = data.split(last)
        if not ended:
            return b"", data
        # What does not begin like the others is no value then, or makes the sum of the lengths below another.
        events = [event.removeprefix(first) for event in ended]
        text = _END.join([*events, b""])
        if text.count(_END) != len(events):
            text = _END.join([*takewhile(lambda event: _END not in event, events), b""])
        for mark, piece in self._middle:
            if mark in text:
                return b"", data
            text = text.replace(piece, mark)
        found = _events(len(self._middle)).match(text)
        known = 0 if found is None else found[0].count(_END)
        if found is None or not known:
            return b"", data
        rest = last.join([*ended[known:], behind]) if known < len(ended) else behind
        if len(data) - len(rest) != known * self._around + len(found[0]):
            return b"", data
        if self._pieces is self._sent:
            return (data[: -len(rest)] if rest else data), rest
        return self._written(found[0]), rest

    def _written(self, values: bytes) -> bytes:
        for (mark, _), piece in zip(self._middle, self._sent[1:-1], strict=True):
            values = values.replace(mark, piece)
        return self._sent[0] + values[:-1].replace(_END, self._sent_joint) + self._sent[-1]

    def learn(self, block: bytes, sent: bytes) -> bool:
        """``block`` has been read, ``sent`` is what the client got of it. Says whether more is known for it."""
        if self._learned >= MOST_LEARNED or not sent or not block.endswith((b"\n\n", b"\r\n\r\n")):
            return False
        pieces = self._cut(block)
        if not 2 <= len(pieces) <= len(_MARKS) + 2:
            return False
        self._learned += 1
        self._pieces = pieces
        self._sent = pieces if sent == block else self._cut(sent)
        if len(self._sent) != len(pieces) or any(map(_CONTROL.search, pieces[1:-1] + self._sent[1:-1])):
            self._pieces = self._sent = []
            return False
        self._sent_joint = self._sent[-1] + self._sent[0]
        self._around = sum(map(len, pieces)) - len(pieces) + 1
        self._middle = list(zip(_MARKS, pieces[1:-1], strict=False))
        return True

    def _cut(self, block: bytes) -> list[bytes]:
        """What stands around the members' values; empty unless each of those that are there is there once."""
        spans = []
        for member in self._members:
            found = [one.end() for one in member.finditer(block) if block[one.start() - 1] != _BACKSLASH]
            if len(found) > 1:
                return []
            if found:
                value = _ONE_VALUE.match(block, found[0])
                if value is None:
                    return []
                spans.append(value.span())
        spans.sort()
        edges = [0, *(edge for span in spans for edge in span), len(block)]
        return [block[begin:end] for begin, end in zip(edges[::2], edges[1::2], strict=True)]


@cache
def _member(name: str) -> re.Pattern[bytes]:
    return re.compile(rb'"%b" ?: ?' % re.escape(name.encode()))
