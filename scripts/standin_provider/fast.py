"""Ready-made answers for the benchmark, so that the provider is not what is measured.

A stream's length and pace come from the model name (``standin-chunks-20+chunk-delay-ms-20``), since some proxies drop
request headers. Each content event carries when it was sent: nanoseconds of the monotonic clock, 19 digits between two
``@``. That clock is the same in all processes of one machine, so a client can tell how long an event was under way.

``/v1/messages`` is answered as Anthropic does, every other path as OpenAI does.
"""

from __future__ import annotations

import asyncio
import re
import resource
import time
from typing import Any

from standin_provider import chat, messages
from standin_provider.controls import read_controls
from standin_provider.reply import compact

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_STREAM = re.compile(rb'"stream": ?true')
_USAGE = re.compile(rb'"include_usage": ?true')
_MODEL = re.compile(rb'"model": ?"([^"]*)"')
_ASKED: dict[str, Any] = {"model": "gpt-4o-mini", "max_tokens": 1000, "messages": [{"role": "user", "content": "Hi"}]}
_MARK = b"@" + b"0" * 19 + b"@"


def _whole(value: Any) -> bytes:
    data = compact(value)
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(data), data)


def _chunked(event: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(event), event)


class _Events:
    """The events of a stream that says one word: those before it, the word's own cut at its mark, those after it."""

    def __init__(self, events: list[bytes], word: bytes) -> None:
        at = next(number for number, event in enumerate(events) if word in event)
        content = events[at].replace(word, word.replace(b"The", _MARK))
        self.opening = b"".join(map(_chunked, events[:at]))
        self.before, self.after = _chunked(content).split(_MARK[1:-1])
        self.end = b"".join(map(_chunked, events[at + 1 :])) + b"0\r\n\r\n"

    def content(self) -> bytes:
        return self.before + b"%019d" % time.monotonic_ns() + self.after


def _chat_events(usage: bool) -> _Events:
    body = {**_ASKED, "stream": True, "stream_options": {"include_usage": usage}}
    return _Events(chat.reply(body, 1).events or [], b'"content":"The"')


_STREAMED = {**_ASKED, "stream": True}
# Some 80 words make an answer of 1 KB.
_CHAT = _whole(chat.reply(_ASKED, 80).value)
_CHAT_EVENTS = {usage: _chat_events(usage) for usage in (False, True)}
_MESSAGES = _whole(messages.reply(_ASKED, 80).value)
_MESSAGES_EVENTS = _Events(messages.reply(_STREAMED, 1).events or [], b'"text":"The"')
_MESSAGES_LINE = b"POST /v1/messages"
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def raise_file_limit() -> None:
    """A thousand clients do not fit in the usual limit of 1,024 open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 16384:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384) if hard >= 0 else 16384, hard))


class Fast(asyncio.Protocol):
    """One connection. Bodies need a content-length; requests may be pipelined only when not streamed."""

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (head_end := self._buffer.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._buffer, 0, head_end)
            end = head_end + 4 + (int(length[1]) if length else 0)
            if len(self._buffer) < end:
                return
            anthropic = self._buffer.startswith(_MESSAGES_LINE)
            body, self._buffer = self._buffer[head_end + 4 : end], self._buffer[end:]
            self._answer(body, anthropic)

    def _answer(self, body: bytes, anthropic: bool) -> None:
        assert self._transport is not None
        if not _STREAM.search(body):
            self._transport.write(_MESSAGES if anthropic else _CHAT)
            return
        model = _MODEL.search(body)
        controls = read_controls({}, model[1].decode() if model else "")
        events = _MESSAGES_EVENTS if anthropic else _CHAT_EVENTS[bool(_USAGE.search(body))]
        self._transport.write(_HEAD + events.opening)
        self._next(events, controls.chunks, controls.chunk_delay_s)

    def _next(self, events: _Events, left: int, delay_s: float) -> None:
        while self._transport is not None:
            if left == 0:
                self._transport.write(events.end)
                return
            self._transport.write(events.content())
            left -= 1
            if delay_s:
                asyncio.get_running_loop().call_later(delay_s, self._next, events, left, delay_s)
                return
