"""A client connection that is over is freed at once, and needs no garbage collector for it."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

import pytest
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.proxy import mode_specs
from mitmproxy.proxy.layers.http import HTTPMode, HttpStream
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.test import taddons
from mitmproxy.utils import asyncio_utils

from agw.fastpath import Share, install
from agw.fastpath.whole_layers import WholeLayer, WholeStream

REQUEST = b"POST /v1/x HTTP/1.1\r\nHost: example\r\nContent-Length: 5\r\n\r\nhello"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nanswer!"


class Stream(WholeStream):
    def flow_done(self) -> Any:
        yield from super().flow_done()
        # As the gateway's own streams do.
        self.client_state = self.server_state = None
        self.context.layers.clear()


class Layer(WholeLayer):
    def new_stream(self, stream_id: int) -> HttpStream:
        return Stream(self.context.fork(), stream_id)


class Between:
    """A proxy to one provider, whose connections outlive their clients where ``shares`` says so."""

    def __init__(self, master: Any) -> None:
        self._master = master
        self.handlers: list[weakref.ref[ProxyConnectionHandler]] = []
        self.upstream_connections = self.over = 0
        self._provider: asyncio.Server | None = None

    async def provider(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.upstream_connections += 1
        while await reader.read(len(REQUEST)):
            writer.write(ANSWER)
        writer.close()

    async def proxy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mode = mode_specs.ProxyMode.parse("regular")
        handler = ProxyConnectionHandler(self._master, reader, writer, self._master.options, mode)
        context = handler.layer.context
        context.server.address = self.address
        handler.layer = Layer(context, HTTPMode.transparent)
        self.handlers.append(weakref.ref(handler))
        await handler.handle_client()
        self.over += 1

    async def calls(self, count: int) -> None:
        provider = await asyncio.start_server(self.provider, "127.0.0.1", 0)
        proxy = await asyncio.start_server(self.proxy, "127.0.0.1", 0)
        self.address = provider.sockets[0].getsockname()[:2]
        for _ in range(count):
            reader, writer = await asyncio.open_connection(*proxy.sockets[0].getsockname()[:2])
            writer.write(REQUEST)
            assert await reader.readexactly(len(ANSWER)) == ANSWER
            writer.close()
            await writer.wait_closed()
        async with asyncio.timeout(10):
            while self.over < count:
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.01)
        proxy.close()
        provider.close()


@pytest.mark.parametrize("shares", [True, False])
def test_nothing_is_left_of_a_client_that_has_gone(shares: bool) -> None:
    async def inside() -> None:
        with taddons.context(Proxyserver()) as context, asyncio_utils.set_eager_task_factory():
            fast = install(context.master, ask=lambda flow: Share(None, take=True) if shares else None)
            between = Between(context.master)
            gc.collect()
            gc.disable()
            try:
                await between.calls(5)
                assert [ref() for ref in between.handlers] == [None] * 5
                assert between.upstream_connections == (1 if shares else 5)
            finally:
                gc.enable()
                fast.remove()

    asyncio.run(inside())
