"""The tap on an answer: bytes pass, a copy is read.

It is what mitmproxy calls for every piece of a streamed answer, and once with ``b""`` at the end. Bytes are handed on
at once and unchanged, with one exception: where the gateway asked for usage that the client did not want, events are
framed, so that the extra chunk can be taken out; only an incomplete event at the end of a piece then waits for its
rest. What cannot be read is passed all the same, and noted.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from agw.formats.base import Format, StreamFold
from agw.formats.body import JsonObject
from agw.record import AnswerFacts
from agw.streaming.decode import Decoder
from agw.streaming.sse import Framer, parse

MAX_JSON_BYTES = 64 * 1024 * 1024
"""A whole answer beyond this passes unread."""


class AnswerTap:
    """Built for one answer, from its head. ``first_chunk_ns`` and ``first_token_ns`` come from ``now_ns``."""

    def __init__(
        self,
        form: Format,
        *,
        content_type: str,
        content_encoding: str,
        remove_usage: bool,
        keep_content: bool,
        now_ns: Callable[[], int],
    ) -> None:
        self.first_chunk_ns: int | None = None
        self.first_token_ns: int | None = None
        self._form = form
        self._now_ns = now_ns
        self._keep_content = keep_content
        self._decoder = Decoder(content_encoding)
        self._notes: list[str] = []
        kind = content_type.partition(";")[0].strip().lower()
        self._fold: StreamFold | None = form.fold(keep_content=keep_content) if kind == "text/event-stream" else None
        self._framer = Framer()
        self._json: list[bytes] | None = [] if "json" in kind or not kind else None
        self._json_bytes = 0
        self._body: dict[str, Any] | None = None
        self._facts: AnswerFacts | None = None
        self._remove_usage = remove_usage and self._fold is not None and self._decoder.unreadable is None
        self._broken = False
        if self._decoder.unreadable is not None:
            self._notes.append(f"answer not read: {self._decoder.unreadable}")

    @property
    def edits(self) -> bool:
        """True if what the client gets may differ from what came: length and encoding must then not be promised."""
        return self._remove_usage

    def __call__(self, data: bytes) -> bytes | list[bytes]:
        """mitmproxy's rule: ``[]`` swallows a piece; ``b""`` would end the client's answer, but at the end."""
        if data and self.first_chunk_ns is None:
            self.first_chunk_ns = self._now_ns()
        if self._broken:
            return data
        try:
            return self._pass(data)
        except Exception as error:
            if os.environ.get("AGW_STRICT"):
                raise
            # Telemetry never breaks traffic; what the framer still holds goes first.
            self._broken = True
            self._notes.append(f"answer not read: {type(error).__name__}")
            return self._framer.flush() + data if self._remove_usage else data

    def _pass(self, data: bytes) -> bytes | list[bytes]:
        plain = self._decoder.decode(data)
        if self._fold is not None:
            blocks = self._framer.feed(plain) if data else [self._framer.flush()]
            out = [kept for block in blocks if block and (kept := self._event(block))]
            if self._remove_usage:
                return out
        elif self._json is not None and plain:
            self._json_bytes += len(plain)
            if self._json_bytes > MAX_JSON_BYTES:
                self._json = None
                self._notes.append("answer not read: too large")
            else:
                self._json.append(plain)
        return data

    def _event(self, block: bytes) -> bytes:
        """Folds one event; returns what of it the client gets."""
        event = parse(block)
        if event is None or self._fold is None:
            return block
        self._fold.feed(event)
        if self.first_token_ns is None and self._fold.saw_content:
            self.first_token_ns = self._now_ns()
        if self._remove_usage and '"usage"' in event.data:
            return _without_usage(block)
        return block

    def facts(self) -> AnswerFacts:
        """What is known of the answer so far."""
        if self._fold is not None:
            return self._fold.facts()
        if self._facts is None:
            body = self._parsed()
            self._facts = AnswerFacts() if body is None else self._form.read_answer(body)
        return self._facts

    def output_messages(self) -> list[dict[str, Any]] | None:
        if not self._keep_content:
            return None
        if self._fold is not None:
            return self._fold.output_messages()
        body = self._parsed()
        return None if body is None else self._form.answer_content(body)

    def notes(self) -> tuple[str, ...]:
        if self._framer.oversized:
            return (*self._notes, "answer not read: an event is too large")
        return tuple(self._notes)

    def _parsed(self) -> dict[str, Any] | None:
        if self._body is None and self._json:
            try:
                body = json.loads(b"".join(self._json))
            except (ValueError, RecursionError):
                return None
            finally:
                self._json = None
            self._body = body if isinstance(body, dict) else None
        return self._body


def _without_usage(block: bytes) -> bytes:
    """A Chat Completions event without the usage that the client did not ask for: nothing is left of a chunk that
    carries only usage, a ``usage`` member goes from any other."""
    before, mark, after = block.partition(b"data:")
    rest = after.lstrip(b" ")
    text = rest.rstrip(b"\r\n")
    try:
        chunk = JsonObject.parse(text)
    except ValueError:
        return block
    if "usage" not in chunk.values:
        return block
    if chunk.values["usage"] is not None and not chunk.values.get("choices"):
        return b""
    return before + mark + b" " + chunk.edited({}, ("usage",)) + rest[len(text) :]
