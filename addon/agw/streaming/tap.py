"""The tap on an answer: bytes pass, a copy is read.

It is what mitmproxy calls for every piece of a streamed answer, and once with ``b""`` at the end. There are four
kinds, which differ in what the client gets:

* ``PassingTap``: the bytes, at once and unchanged;
* ``UsageRemovingTap``: whole events, without the usage that the gateway asked for and the client did not; only an
  incomplete event at the end of a piece waits for its rest;
* ``TranslatingTap`` (translating.py): the answer in the client's own format;
* ``ErrorPageTap`` (error_page.py): an error of the client's API, where the provider's is a web page.

What cannot be read is passed all the same, and noted.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

from agw.errors import strict
from agw.formats.body import JsonObject
from agw.streaming.reader import AnswerReader
from agw.streaming.sse import SseEvent

Pieces = bytes | list[bytes]
_USAGE = b'"usage"'
# Escapes, space beside a comma, and numbers that are none in JSON.
_NOT_PLAIN = (b"\\", b", ", b" ,", b"\t", b"\n", b"\r", b"NaN", b"Infinity")


class Tap:
    """Counts, hashes and times what passes. ``edits`` says that the client's bytes may differ from the provider's:
    length and encoding must then not be promised."""

    edits = False

    def __init__(self, reader: AnswerReader, now_ns: Callable[[], int]) -> None:
        self.reader = reader
        self.first_chunk_ns: int | None = None
        self.spent_s = 0.0
        """The gateway's own time in this tap."""
        self.passed_bytes = 0
        self._sha256 = hashlib.sha256()
        self._now_ns = now_ns
        self._broken = False

    def __call__(self, data: bytes) -> Pieces:
        """mitmproxy's rule: ``[]`` swallows a piece; ``b""`` would end the client's answer, but at the end."""
        began_s = time.perf_counter()
        if data and self.first_chunk_ns is None:
            self.first_chunk_ns = self._now_ns()
        if self._broken:
            out = self._rescued(data)
        else:
            try:
                out = self._pass(data)
            except Exception as error:
                if strict():
                    raise
                # Telemetry never breaks traffic.
                self._broken = True
                self.reader.note(f"answer not read: {type(error).__name__}")
                out = self._rescued(data)
        for piece in (out,) if isinstance(out, bytes) else out:
            self._sha256.update(piece)
            self.passed_bytes += len(piece)
        self.spent_s += time.perf_counter() - began_s
        return out

    def sha256(self) -> str:
        """Of the bytes that the client got, lower-case hex."""
        return self._sha256.hexdigest()

    def _pass(self, data: bytes) -> Pieces:
        raise NotImplementedError

    def _rescued(self, data: bytes) -> Pieces:
        """What the client gets of the piece that could not be read, and of all that follow. Never raises."""
        return data


class PassingTap(Tap):
    def _pass(self, data: bytes) -> Pieces:
        if self.reader.has_blocks:
            self.reader.edited(data, _unchanged)
        elif self.reader.streamed:
            self.reader.events(data)
        elif data:
            self.reader.take(data)
        return data


class UsageRemovingTap(Tap):
    edits = True

    def _pass(self, data: bytes) -> Pieces:
        kept = b"".join(self.reader.edited(data, _without_usage))
        return [kept] if kept else []

    def _rescued(self, data: bytes) -> Pieces:
        return self.reader.held() + data


def _unchanged(block: bytes, _event: SseEvent | None) -> bytes:
    return block


def _without_usage(block: bytes, event: SseEvent | None) -> bytes:
    """A Chat Completions event without the usage that the client did not ask for: nothing is left of a chunk that
    carries only usage, a ``usage`` member goes from any other."""
    if event is None or '"usage"' not in event.data:
        return block
    before, mark, after = block.partition(b"data:")
    rest = after.lstrip(b" ")
    text = rest.rstrip(b"\r\n")
    try:
        if (short := _plainly_without(text, event)) is not None:
            return before + mark + b" " + short + rest[len(text) :] if short else b""
        chunk = JsonObject.parse(text)
    except (ValueError, RecursionError):
        return block
    if "usage" not in chunk.values:
        return block
    if chunk.values["usage"] is not None and not chunk.values.get("choices"):
        return b""
    return before + mark + b" " + chunk.edited({}, ("usage",)) + rest[len(text) :]


def _plainly_without(text: bytes, event: SseEvent) -> bytes | None:
    """What is left of a chunk that need not be taken apart, as most need not: its ``usage`` is all that it tells, or is
    null, stands once, and has nothing around it that changes with it. None for any other."""
    if not text.isascii() or any(one in text for one in _NOT_PLAIN):
        return None
    chunk = event.json()
    if not isinstance(chunk, dict) or "usage" not in chunk:
        return None
    if chunk["usage"] is not None:
        return None if chunk.get("choices") else b""
    if text.count(_USAGE) == 1:
        for null in (_USAGE + b":null,", b"," + _USAGE + b":null"):
            if null in text:
                return text.replace(null, b"")
    return None
