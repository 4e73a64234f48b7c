"""The stand-in as an HTTP/1.1 server that remembers what came."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from typing import Any

import h11

from standin_provider import api
from standin_provider.controls import Controls, read_controls
from standin_provider.exchange import Exchange
from standin_provider.reply import Refused, Reply

KEPT_REQUESTS = 200
KEPT_BODY_BYTES = 256 * 1024
MOST_BODY_BYTES = 256 * 1024 * 1024


class Standin:
    """``serve`` is an ``asyncio.start_server`` callback. ``seen`` holds the last requests, newest last.

    ``GET /_standin/requests`` gives them as a JSON list: ``method``, ``path`` (with its query), ``headers`` (lower-case
    names; of a repeated one the last), ``body`` as text (its first 256 KiB), ``body_bytes`` and ``body_sha256`` of the
    whole. ``DELETE`` forgets them.
    """

    def __init__(self) -> None:
        self.seen: deque[dict[str, Any]] = deque(maxlen=KEPT_REQUESTS)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=128 * 1024)
        try:
            while await self._one(connection, reader, writer):
                connection.start_next_cycle()
        except (ConnectionError, h11.RemoteProtocolError):
            pass
        finally:
            writer.close()

    async def _one(
        self, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answers one request; whether another may follow on this connection."""
        come = await _read(connection, reader, writer)
        if come is None:
            return False
        request, data = come
        method, target = request.method.decode(), request.target.decode("latin1")
        headers = {name.decode(): value.decode("latin1") for name, value in request.headers}
        exchange = Exchange(connection, reader, writer)
        if target.startswith("/_standin/requests"):
            if method == "DELETE":
                self.seen.clear()
            await exchange.reply(Reply(list(self.seen)), Controls())
        else:
            self.seen.append(
                {
                    "method": method,
                    "path": target,
                    "headers": headers,
                    "body": data[:KEPT_BODY_BYTES].decode("utf-8", "replace"),
                    "body_bytes": len(data),
                    "body_sha256": hashlib.sha256(data).hexdigest(),
                }
            )
            await _answer(exchange, method, target.partition("?")[0], headers, data)
        return connection.our_state is h11.DONE and connection.their_state is h11.DONE


async def _answer(exchange: Exchange, method: str, path: str, headers: dict[str, str], data: bytes) -> None:
    body = api.parse(data)
    controls = Controls()
    try:
        controls = read_controls(headers, body.get("model") if isinstance(body, dict) else None)
        if await exchange.trouble(controls):
            return
        reply = api.reply(method, path, headers, body, controls.chunks)
    except Refused as refused:
        reply = Reply(refused.value, refused.status)
    except ValueError as wrong:
        reply = Reply(Refused(400, f"A control of the stand-in is wrong: {wrong}").value, 400)
    await exchange.reply(reply, controls)


async def _read(
    connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[h11.Request, bytes] | None:
    """The next request and its body; None when the client has gone. Raises h11.RemoteProtocolError."""
    request: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            if connection.they_are_waiting_for_100_continue:
                writer.write(connection.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            connection.receive_data(await reader.read(262144))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > MOST_BODY_BYTES:
                return None
        elif isinstance(event, h11.EndOfMessage) and request is not None:
            return request, bytes(body)
        else:
            return None
