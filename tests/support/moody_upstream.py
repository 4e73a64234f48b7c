"""A TLS provider whose every answer holds what its request asked, and whose manners the request chooses.

The model names the manners, a line of the first message what must come back. What one connection does is none of
another's business, so an answer with somebody else's line shows that two calls were mixed up.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import threading
from collections import Counter
from pathlib import Path
from typing import Any, Self

MANNERS = (
    *("whole", "chunked", "stream", "slow-stream", "close", "leave", "fail", "early", "cut", "reset", "die"),
    *("slow", "hint", "more", "late-more", "late-hint", "timeout-soon"),
)
_LINE_END = b"\r\n\r\n"


class MoodyUpstream:
    """``connections`` counts TLS handshakes that were completed, ``asked`` the requests by their line."""

    def __init__(self, certificate: tuple[Path, Path] | None) -> None:
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(*certificate)
        self.connections = 0
        self.asked: Counter[str] = Counter()
        self.heads: list[str] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def open_now(self) -> int:
        return len(self._open)

    def close_all(self) -> None:
        """As an upstream does with connections that have been idle for long."""

        def close() -> None:
            for writer in list(self._open):
                writer.close()

        self._loop.call_soon_threadsafe(close)

    def _run(self) -> None:
        async def begin() -> None:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls, backlog=512)
            self.port = server.sockets[0].getsockname()[1]
            self._ready.set()

        self._loop.run_until_complete(begin())
        self._loop.run_forever()
        for task in (left := asyncio.all_tasks(self._loop)):
            task.cancel()
        if left:
            self._loop.run_until_complete(asyncio.wait(left))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        number = 0
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
            while True:
                head = await reader.readuntil(_LINE_END)
                length = next(
                    int(line.partition(b":")[2])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                )
                number += 1
                body = json.loads(await reader.readexactly(length))
                line, manners = body["messages"][0]["content"].split(" ")[0], body["model"]
                self.asked[line] += 1
                self.heads.append(head.decode("latin1"))
                if manners == "die-if-kept":
                    if number > 1:
                        break
                    manners = "whole"
                if manners == "die-late-if-kept":
                    if number > 1:
                        await asyncio.sleep(2.5)
                        break
                    manners = "whole"
                if not await _answer(manners, line, writer):
                    break
        self._open.discard(writer)
        writer.close()


def _message(line: str) -> dict[str, Any]:
    return {
        "id": line,
        "object": "chat.completion",
        "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": line}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }


def _event(line: str) -> bytes:
    choice = {"index": 0, "delta": {"content": line}, "finish_reason": None}
    chunk = {"id": line, "object": "chat.completion.chunk", "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def _head(*lines: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()


def _whole(line: str, *lines: str, status: str = "200 OK") -> bytes:
    body = json.dumps(_message(line)).encode()
    return _head("content-type: application/json", f"content-length: {len(body)}", *lines, status=status) + body


async def _answer(manners: str, line: str, writer: asyncio.StreamWriter) -> bool:
    """Whether the connection stays open."""
    if manners in ("stream", "slow-stream", "chunked"):
        kind = "application/json" if manners == "chunked" else "text/event-stream"
        writer.write(_head(f"content-type: {kind}", "transfer-encoding: chunked"))
        pieces = [json.dumps(_message(line)).encode()] if manners == "chunked" else [_event(line)] * 8
        for piece in pieces:
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
            await asyncio.sleep(0.02 if manners == "slow-stream" else 0)
        writer.write(b"0\r\n\r\n")
    elif manners == "close":
        writer.write(_whole(line, "connection: close"))
        return False
    elif manners == "leave":
        writer.write(_whole(line))
        await writer.drain()
        await asyncio.sleep(hash(line) % 20 / 1000)
        return False
    elif manners == "fail":
        writer.write(_whole(line, status="500 Internal Server Error"))
    elif manners == "early":
        writer.write(_whole(line, status="413 Content Too Large"))
    elif manners in ("cut", "reset"):
        writer.write(_whole(line)[:-20])
        await writer.drain()
        if manners == "reset":
            writer.transport.abort()
        return False
    elif manners == "die":
        return False
    elif manners in ("hint", "late-hint"):
        writer.write(_head("link: </x>", status="103 Early Hints"))
        await writer.drain()
        await asyncio.sleep(0.03 if manners == "late-hint" else 0)
        writer.write(_whole(line))
    elif manners in ("more", "late-more"):
        writer.write(_whole(line))
        await writer.drain()
        await asyncio.sleep(0.03 if manners == "late-more" else 0)
        writer.write(_whole(line))
    elif manners == "timeout-soon":
        writer.write(_whole(line, "keep-alive: timeout=1"))
    else:
        if manners == "slow":
            await asyncio.sleep(0.03)
        writer.write(_whole(line))
    await writer.drain()
    return True
