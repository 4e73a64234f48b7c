"""Puts a reply on the wire, with the trouble that was asked for."""

from __future__ import annotations

import asyncio
from http.client import responses as reasons

import h11

from standin_provider.controls import Controls
from standin_provider.encoders import encode_all, encoder
from standin_provider.reply import Reply, compact, error

# What every OpenAI answer carries, and clients read.
_ALWAYS = [("x-request-id", "req_standin"), ("openai-version", "2020-10-01"), ("openai-processing-ms", "3")]
_PAGE = b"<html><head><title>%d</title></head><body><h1>The stand-in was told to fail</h1></body></html>"


class Cut(ConnectionError):
    """The connection was cut on purpose."""


class Exchange:
    """One answer on one connection."""

    def __init__(self, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connection = connection
        self._reader = reader
        self._writer = writer

    async def trouble(self, controls: Controls) -> bool:
        """Whether the trouble was all there is to answer. Raises Cut."""
        if controls.hang:
            while await self._reader.read(65536):
                pass
            self._cut()
        await asyncio.sleep(controls.delay_s)
        if controls.reset:
            self._cut()
        if controls.html:
            page = _PAGE % controls.status if controls.status >= 400 else _PAGE.replace(b"%d", b"200")
            await self.whole(controls.status, page, "text/html; charset=utf-8", controls)
            return True
        if controls.status >= 400:
            value = error(controls.status, "The stand-in was told to fail.")
            await self.whole(controls.status, compact(value), "application/json", controls)
            return True
        return False

    async def reply(self, reply: Reply, controls: Controls) -> None:
        """Raises Cut."""
        if reply.events is None:
            await self.whole(reply.status, compact(reply.value), "application/json", controls)
        else:
            await self._stream(reply.events, reply.failure, controls)

    async def whole(self, status: int, data: bytes, kind: str, controls: Controls) -> None:
        """Raises Cut."""
        headers = [("content-type", kind), *_ALWAYS]
        if encoder(controls.encoding):
            data = encode_all(controls.encoding, data)
            headers.append(("content-encoding", controls.encoding))
        self._send(_head(status, [*headers, ("content-length", str(len(data)))]))
        if controls.die_after is not None:
            self._send(h11.Data(data=data[: len(data) // 2]))
            await self._writer.drain()
            await asyncio.sleep(0.05)
            self._cut()
        self._send(h11.Data(data=data))
        self._send(h11.EndOfMessage())
        await self._writer.drain()

    async def _stream(self, events: list[bytes], failure: bytes, controls: Controls) -> None:
        headers = [("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"), *_ALWAYS]
        made = encoder(controls.encoding)
        if made:
            headers.append(("content-encoding", controls.encoding))
        if controls.error_after is not None:
            events = [*events[: controls.error_after], failure]
        self._send(_head(200, headers))
        for number, event in enumerate(events):
            if number == controls.die_after:
                await self._writer.drain()
                # What was sent shall arrive: a reset at once would drop what the other side has not read yet.
                await asyncio.sleep(0.05)
                self._cut()
            self._send(h11.Data(data=made.encode(event) if made else event))
            if controls.chunk_delay_s:
                await self._writer.drain()
                await asyncio.sleep(controls.chunk_delay_s)
        if made and (rest := made.finish()):
            self._send(h11.Data(data=rest))
        self._send(h11.EndOfMessage())
        await self._writer.drain()

    def _send(self, event: h11.Event) -> None:
        if self._writer.is_closing():
            raise ConnectionResetError
        if data := self._connection.send(event):
            self._writer.write(data)

    def _cut(self) -> None:
        self._writer.transport.abort()
        raise Cut


def _head(status: int, headers: list[tuple[str, str]]) -> h11.Response:
    return h11.Response(status_code=status, reason=reasons.get(status, "").encode(), headers=headers)
