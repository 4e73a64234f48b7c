"""Bytes that are handled where they arrive come in order, hold back who sends too fast, and end as ever."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.connection import ConnectionState
from mitmproxy.proxy import commands, events, layer, mode_specs
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.test import taddons
from mitmproxy.utils import asyncio_utils

from agw.fastpath import install
from support.port import Port

all_ways = pytest.mark.parametrize(
    "without", [(), ("clients",), ("reads",)], ids=["without a task", "straight", "by tasks"]
)
MANY_BYTES = 8 * 1024 * 1024


class Echo(layer.Layer):
    """Sends back what comes, and notes who was at work when it came."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self.tasks: list[asyncio.Task[Any] | None] = []
        self.ends = 0

    def _handle_event(self, event: events.Event) -> Any:
        if isinstance(event, events.DataReceived):
            self.tasks.append(asyncio.current_task())
            if event.data == b"close":
                yield commands.CloseConnection(event.connection)
            else:
                yield commands.SendData(event.connection, event.data)
        elif isinstance(event, events.ConnectionClosed):
            self.ends += 1
            if event.connection.state is not ConnectionState.CLOSED:
                yield commands.CloseConnection(event.connection)


class Served:
    """A real connection handler of mitmproxy's for each client, with an echo in the place of its layers."""

    def __init__(self, master: Any) -> None:
        self._master = master
        self.handlers: list[ProxyConnectionHandler] = []
        self.layers: list[Echo] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.over = asyncio.Event()
        self.at_port = Port(self.make_layer, self.handlers.append, lambda _: self.over.set(), self.serve)
        self.port = 0

    def make_layer(self, context: Any) -> Echo:
        self.layers.append(Echo(context))
        return self.layers[-1]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        mode = mode_specs.ProxyMode.parse("regular")
        handler = ProxyConnectionHandler(self._master, reader, writer, self._master.options, mode)
        handler.layer = self.make_layer(handler.layer.context)
        self.handlers.append(handler)
        await handler.handle_client()
        self.over.set()


@asynccontextmanager
async def served(without: tuple[str, ...], *addons: Any) -> AsyncIterator[Served]:
    with taddons.context(Proxyserver(), *addons) as context, asyncio_utils.set_eager_task_factory():
        fast = install(context.master, without=without)
        found = Served(context.master)
        server = await asyncio.start_server(found.at_port.connected, "127.0.0.1", 0)
        found.port = server.sockets[0].getsockname()[1]
        try:
            yield found
        finally:
            server.close()
            fast.remove()


@asynccontextmanager
async def connected(without: tuple[str, ...]) -> AsyncIterator[tuple[Served, Any, Any]]:
    """A client of such a server."""
    async with served(without) as echo:
        reader, writer = await asyncio.open_connection("127.0.0.1", echo.port, limit=1024)
        yield echo, reader, writer
        writer.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.005)


@all_ways
def test_everything_comes_back_in_order_however_it_was_cut(without: tuple[str, ...]) -> None:
    draw = random.Random(5)
    pieces = [draw.randbytes(draw.choice((1, 10, 1000, 100_000))) for _ in range(200)]

    async def inside() -> None:
        async with connected(without) as (echo, reader, writer):

            async def send() -> None:
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(draw.choice((0, 0, 0.001)))

            sending = asyncio.create_task(send())
            assert await reader.readexactly(sum(map(len, pieces))) == b"".join(pieces)
            await sending
            writer.close()
            await asyncio.wait_for(echo.over.wait(), 10)
            assert echo.layers[0].ends == 1
            assert not echo.handlers[0].transports

    asyncio.run(inside())


@pytest.mark.parametrize("without", [(), ("clients",)])
def test_a_piece_wakes_no_task(without: tuple[str, ...]) -> None:
    async def inside() -> None:
        async with connected(without) as (echo, reader, writer):
            for _ in range(3):
                writer.write(b"x")
                assert await reader.readexactly(1) == b"x"
                await asyncio.sleep(0.01)
            assert echo.layers[0].tasks[-1] is None
            assert echo.at_port.served == (0 if without else 1)

    asyncio.run(inside())


@all_ways
def test_who_does_not_read_is_not_read_from(without: tuple[str, ...]) -> None:
    async def inside() -> None:
        async with connected(without) as (echo, reader, writer):
            writer.write(b"y" * MANY_BYTES)
            await until(lambda: bool(echo.layers))
            io = next(iter(echo.handlers[0].transports.values()))
            assert isinstance(io.writer, asyncio.StreamWriter)
            waiting = io.writer.transport.get_write_buffer_size
            await until(lambda: waiting() > 0)
            await asyncio.sleep(0.2)
            assert waiting() < 1024 * 1024
            assert await reader.readexactly(MANY_BYTES) == b"y" * MANY_BYTES

    asyncio.run(inside())


@all_ways
def test_a_connection_that_the_layers_close_is_over(without: tuple[str, ...]) -> None:
    async def inside() -> None:
        async with connected(without) as (echo, reader, writer):
            writer.write(b"before")
            assert await reader.readexactly(6) == b"before"
            writer.write(b"close")
            assert await reader.read() == b""
            await asyncio.wait_for(echo.over.wait(), 10)
            assert echo.layers[0].ends == 1
            assert not echo.handlers[0].transports

    asyncio.run(inside())


@all_ways
def test_a_client_that_is_reset_is_over(without: tuple[str, ...]) -> None:
    async def inside() -> None:
        async with connected(without) as (echo, reader, writer):
            writer.write(b"before")
            assert await reader.readexactly(6) == b"before"
            writer.transport.abort()
            await asyncio.wait_for(echo.over.wait(), 10)
            assert echo.layers[0].ends == 1

    asyncio.run(inside())


@all_ways
def test_a_client_that_is_lost_before_it_is_read_from_is_over(
    caplog: pytest.LogCaptureFixture, without: tuple[str, ...]
) -> None:
    class Slow:
        """An add-on that takes its time with a client, who is lost meanwhile."""

        async def client_connected(self, client: Any) -> None:
            lost = echo.writers[-1].transport
            lost.abort()
            await until(lambda: lost.get_protocol() is None)

    async def inside() -> None:
        nonlocal echo
        async with served(without, Slow()) as echo:
            _, writer = await asyncio.open_connection("127.0.0.1", echo.port)
            await asyncio.wait_for(echo.over.wait(), 10)
            assert not echo.handlers[0].transports
            writer.close()

    echo: Any = None
    asyncio.run(inside())
    assert not [record for record in caplog.records if "crash" in record.getMessage()]
