"""A connection that was kept is to its next client what a new one is, whatever becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from mitmproxy.connection import Server
from mitmproxy.proxy import server_hooks

from agw.fastpath.handover import Handover
from standin_provider.certificate import make_certificate
from support.between import Between, between

MANY_BYTES = 24 * 1024 * 1024
SMALL = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LARGE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % MANY_BYTES
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
CLOSING = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"

Life = Callable[[Between, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]]


def request(path: str) -> bytes:
    return b"GET /%s HTTP/1.1\r\nHost: example\r\n\r\n" % path.encode()


async def provider(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers as the path wants it."""
    while True:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
        if path == b"/large":
            writer.write(LARGE)
            for _ in range(MANY_BYTES // 65536):
                writer.write(b"x" * 65536)
                await writer.drain()
        elif path == b"/half":
            writer.write(HALF)
            return
        elif path == b"/slow":
            writer.write(HALF)
            await asyncio.sleep(60)
        elif path == b"/dies":
            return
        else:
            writer.write(CLOSING if path == b"/closing" else SMALL)


class Watcher:
    """What becomes of connections to the provider."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def _see(self, what: str, server: Any) -> None:
        self.seen.append(f"{what} {server.state.name} {server.tls_established} {server.timestamp_end is not None}")

    def server_connect(self, data: server_hooks.ServerConnectionHookData) -> None:
        self._see("connect", data.server)

    def server_connected(self, data: server_hooks.ServerConnectionHookData) -> None:
        self._see("connected", data.server)

    def tls_established_server(self, data: Any) -> None:
        self._see("tls", data.conn)

    def server_disconnected(self, data: server_hooks.ServerConnectionHookData) -> None:
        self._see("disconnected", data.server)


# Of add-ons that it does not know nobody can tell whether they must be awaited.
Watcher.__module__ = "agw.watcher"


async def got(reader: asyncio.StreamReader, wanted: int) -> bytes:
    """So many bytes, or what came before the end."""
    try:
        async with asyncio.timeout(10):
            return await reader.readexactly(wanted)
    except asyncio.IncompleteReadError as error:
        return error.partial


async def is_answered(_: Between, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> object:
    answers = []
    for _ in range(3):
        writer.write(request("small"))
        answers.append(await got(reader, len(SMALL)))
    return answers


async def reads_late(proxy: Between, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> object:
    writer.write(request("large"))
    handler = proxy.handlers[-1]()
    assert handler is not None
    to_client = handler.transports[handler.client].writer
    assert isinstance(to_client, asyncio.StreamWriter)
    async with asyncio.timeout(10):
        while to_client.transport.get_write_buffer_size() == 0:
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.3)
    assert to_client.transport.get_write_buffer_size() < MANY_BYTES / 8
    del handler, to_client
    whole = await got(reader, len(LARGE) + MANY_BYTES)
    return len(whole), whole.count(b"x")


async def meets_half_an_answer(_: Between, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> object:
    writer.write(request("half"))
    return await got(reader, 1000)


async def meets_a_provider_that_dies(_: Between, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> object:
    writer.write(request("dies"))
    return (await got(reader, 1000)).split(b"\r\n")[0]


async def meets_a_provider_that_closes(
    _: Between, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> object:
    writer.write(request("closing"))
    first = await got(reader, len(CLOSING))
    await asyncio.sleep(0.05)
    writer.write(request("small"))
    return first, await got(reader, len(SMALL))


async def leaves_early(_: Between, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> object:
    writer.write(request("slow"))
    return await got(reader, len(HALF))


async def is_cut_off(proxy: Between, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> object:
    writer.write(request("slow"))
    half = await got(reader, len(HALF))
    handler = proxy.handlers[-1]()
    assert handler is not None
    (io,) = (io for connection, io in handler.transports.items() if isinstance(connection, Server))
    assert io.handler is not None
    io.handler.cancel("time limit")
    del handler, io
    return half, await got(reader, 1000)


LIVES = [
    *(is_answered, reads_late, meets_half_an_answer, meets_a_provider_that_dies),
    *(meets_a_provider_that_closes, leaves_early, is_cut_off),
]


@pytest.mark.parametrize("by_tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("life", LIVES)
def test_the_second_client_of_a_connection_lives_as_ever(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, life: Life, by_tls: bool
) -> None:
    certificate = make_certificate(tmp_path) if by_tls else None
    taken: list[object] = []
    connected = Handover._connected
    monkeypatch.setattr(Handover, "_connected", lambda *given: (taken.append(1), connected(*given)))

    async def lived(*without: str) -> tuple[object, list[str], int]:
        taken.clear()
        watcher = Watcher()
        async with between(tmp_path, provider, watcher, certificate=certificate, without=without) as proxy:
            for number in range(2):
                reader, writer = await proxy.connect(limit=65536)
                writer.write(request("small"))
                assert await got(reader, len(SMALL)) == SMALL
                found = None if number == 0 else await life(proxy, reader, writer)
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
                await proxy.all_are_over()
                await asyncio.sleep(0.02)
            assert len(taken) == (0 if without else 1)
            return found, watcher.seen, proxy.upstream_connections

    assert asyncio.run(lived()) == asyncio.run(lived("handover", "clients"))


def test_an_add_on_that_takes_its_time_with_the_end_is_waited_for(tmp_path: Path) -> None:
    seen: list[str] = []

    class Slow:
        """Comes after the connections have, and is none of those that are known."""

        async def server_disconnected(self, data: server_hooks.ServerConnectionHookData) -> None:
            await asyncio.sleep(0.02)
            seen.append("server")

        async def client_disconnected(self, client: object) -> None:
            await asyncio.sleep(0.02)
            seen.append("client")

    async def inside() -> None:
        async with between(tmp_path, provider) as proxy:
            for number in range(2):
                reader, writer = await proxy.connect()
                writer.write(request("small"))
                assert await got(reader, len(SMALL)) == SMALL
                if number:
                    proxy.master.addons.add(Slow())
                writer.close()
                await writer.wait_closed()
                await proxy.all_are_over()
            assert proxy.port.served == 2

    asyncio.run(inside())
    assert seen == ["client", "server"]
