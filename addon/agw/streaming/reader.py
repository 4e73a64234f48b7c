"""Reads a copy of an answer as its bytes pass: decoded, framed, folded; whole JSON bodies are kept to the end.

It never raises for what an upstream sent, and it is bounded: what is too large or does not decode is noted and passed
over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from agw.formats.base import Format, StreamFold
from agw.json_reading import loads
from agw.record import AnswerFacts
from agw.streaming.decode import Decoder
from agw.streaming.eventstream import CONTENT_TYPE as EVENT_STREAM
from agw.streaming.eventstream import EventStream
from agw.streaming.json_array import JsonArray
from agw.streaming.repeats import Repeats
from agw.streaming.sse import Framer, SseEvent, parse
from agw.usage import Usage

Edit = Callable[[bytes, SseEvent | None], bytes]
"""What the client gets of a block, which is this event."""

MAX_JSON_BYTES = 64 * 1024 * 1024
"""A whole answer beyond this passes unread."""
SSE = "text/event-stream"
_SHORT = 65536
"""A longer rest of an event is not looked at anew with each piece that comes behind it."""


class AnswerReader:
    """Built for one answer, from its head. ``first_token_ns`` comes from ``now_ns``."""

    def __init__(
        self,
        form: Format,
        *,
        content_type: str,
        content_encoding: str,
        keep_content: bool,
        now_ns: Callable[[], int],
        stream_asked: bool = False,
        told: Usage | None = None,
    ) -> None:
        """``told`` is what the head says of usage (Bedrock's headers); it counts where the body says nothing."""
        self.first_token_ns: int | None = None
        self._form = form
        self._told = told
        self._now_ns = now_ns
        self._keep_content = keep_content
        self._decoder = Decoder(content_encoding)
        self._notes: list[str] = []
        kind = content_type.partition(";")[0].strip().lower()
        self._framer = Framer()
        self._frames: EventStream | JsonArray | None = None
        if kind == EVENT_STREAM:
            try:
                self._frames = EventStream()
            except ImportError as error:
                self.note(f"answer not read: {error}")
        elif stream_asked and "json" in kind and form.api_type == "generateContent":
            self._frames = JsonArray()
        streamed = kind == SSE or self._frames is not None
        self._fold: StreamFold | None = form.fold(keep_content=keep_content) if streamed else None
        repeated = getattr(self._fold, "repeats", ())
        self._repeats = Repeats(repeated) if repeated and kind == SSE else None
        self._json: list[bytes] | None = [] if "json" in kind or not kind else None
        self._json_bytes = 0
        self._body: dict[str, Any] | None = None
        self._facts: AnswerFacts | None = None
        if self._decoder.unreadable is not None:
            self.note(f"answer not read: {self._decoder.unreadable}")

    @property
    def streamed(self) -> bool:
        """Whether the answer comes as events."""
        return self._fold is not None

    @property
    def has_blocks(self) -> bool:
        """Whether the answer is server-sent events that can be read, and so edited."""
        return self._fold is not None and self._frames is None and self._decoder.unreadable is None

    def note(self, text: str) -> None:
        if text not in self._notes:
            self._notes.append(text)

    def events(self, data: bytes) -> list[SseEvent]:
        """The events that are complete now, each folded, whatever the framing."""
        if self._frames is None:
            return [event for block in self.blocks(data) if (event := self.event(block)) is not None]
        plain = self._decoder.decode(data)
        found = self._frames.feed(plain) if data else self._frames.flush()
        for event in found:
            self._folded(event)
        if self._frames.unreadable is not None:
            self.note(f"answer not read: {self._frames.unreadable}")
        return found

    def blocks(self, data: bytes) -> list[bytes]:
        """Of server-sent events: the blocks that are complete now, each with its exact (decoded) bytes; at ``b""`` also
        what is left."""
        plain = self._decoder.decode(data)
        return self._framer.feed(plain) if data else [rest for rest in (self._framer.flush(),) if rest]

    def edited(self, data: bytes, edit: Edit) -> list[bytes]:
        """Of server-sent events: what the client gets of the blocks that are complete now, each folded; at ``b""`` also
        of what is left. ``edit`` is not asked of what tells nothing that an earlier block has not told."""
        held = self._framer.held
        try:
            if self._repeats is not None and data:
                return self._known_or_edited(self._decoder.decode(data), edit, self._repeats)
            return [edit(block, self.event(block)) for block in self.blocks(data)]
        except Exception:
            # The client has got nothing of this piece.
            self._framer.hold(held)
            raise

    def _known_or_edited(self, plain: bytes, edit: Edit, repeats: Repeats) -> list[bytes]:
        out = []
        look = len(self._framer.held) < _SHORT
        if look and self._framer.held:
            plain = self._framer.flush() + plain
        while plain:
            if look:
                sent, plain = repeats.begin(plain)
                out.append(sent)
                if not plain:
                    break
            blocks, look = self._framer.feed(plain), False
            plain = b""
            for number, block in enumerate(blocks, 1):
                known = repeats.find(block)
                if known is not None:
                    out.append(known)
                    continue
                sent = edit(block, self.event(block))
                out.append(sent)
                if self.first_token_ns is not None and repeats.learn(block, sent) and number < len(blocks):
                    plain, look = b"".join(blocks[number:]) + self._framer.flush(), True
                    break
        return out

    def event(self, block: bytes) -> SseEvent | None:
        """The event of one block, folded; None for comments and keep-alives."""
        event = parse(block)
        if event is not None:
            self._folded(event)
        return event

    def _folded(self, event: SseEvent) -> None:
        if self._fold is None:
            return
        self._fold.feed(event)
        if self.first_token_ns is None and self._fold.saw_content:
            self.first_token_ns = self._now_ns()

    def take(self, data: bytes) -> None:
        """Keeps a piece of a whole body."""
        if self._json is None:
            return
        plain = self._decoder.decode(data)
        self._json_bytes += len(plain)
        if self._json_bytes > MAX_JSON_BYTES:
            self._json = None
            self.note("answer not read: too large")
        elif plain:
            self._json.append(plain)

    def held(self) -> bytes:
        """What the framer has and nobody has seen: it goes to the client when reading must stop."""
        return self._framer.flush()

    def facts(self) -> AnswerFacts:
        """What is known of the answer so far."""
        if self._fold is not None:
            return self._fold.facts()
        if self._facts is None:
            body = self.body()
            facts = AnswerFacts() if body is None else self._form.read_answer(body)
            self._facts = facts if facts.usage is not None else replace(facts, usage=self._told)
        return self._facts

    def output_messages(self) -> list[dict[str, Any]] | None:
        if not self._keep_content:
            return None
        if self._fold is not None:
            return self._fold.output_messages()
        body = self.body()
        return None if body is None else self._form.answer_content(body)

    def notes(self) -> tuple[str, ...]:
        if self._framer.oversized:
            self.note("answer not read: an event is too large")
        return tuple(self._notes)

    def body(self) -> dict[str, Any] | None:
        """The whole body, parsed once; None where it is no JSON object."""
        if self._body is None and self._json:
            try:
                body = loads(b"".join(self._json))
            except (ValueError, RecursionError):
                return None
            finally:
                self._json = None
            # Google tells some errors as a list of one.
            if isinstance(body, list) and len(body) == 1 and isinstance(body[0], dict) and "error" in body[0]:
                body = body[0]
            self._body = body if isinstance(body, dict) else None
        return self._body
