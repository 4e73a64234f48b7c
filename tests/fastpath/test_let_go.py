"""A client connection that is over is freed at once, and needs no garbage collector for it; by TLS or without."""

from __future__ import annotations

import asyncio
import gc
import ssl
import weakref
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.addons.tlsconfig import TlsConfig
from mitmproxy.proxy import mode_specs
from mitmproxy.proxy.layers.http import GetHttpConnection, HTTPMode, HttpStream
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.test import taddons
from mitmproxy.utils import asyncio_utils

from agw.fastpath import Share, install
from agw.fastpath.whole_layers import WholeLayer, WholeStream
from standin_provider.certificate import make_certificate
from support.port import Port

REQUEST = b"POST /v1/x HTTP/1.1\r\nHost: example\r\nContent-Length: 5\r\n\r\nhello"
NOWHERE = ("127.0.0.1", 1)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + b"answer!" * 10_000


class Stream(WholeStream):
    def flow_done(self) -> Any:
        yield from super().flow_done()
        # As the gateway's own streams do.
        self.client_state = self.server_state = None
        self.context.layers.clear()

    def make_server_connection(self) -> Any:
        request = self.flow.request
        asked = GetHttpConnection((request.host, request.port), request.scheme == "https", None)
        if (kept := self.kept_connection(asked)) is not None:
            self.context.server = self.flow.server_conn = kept
            return True
        return (yield from super().make_server_connection())


class Layer(WholeLayer):
    def new_stream(self, stream_id: int) -> HttpStream:
        return Stream(self.context.fork(), stream_id)


class Between:
    """A proxy to one provider; ``certificate`` is the provider's, if it speaks TLS."""

    def __init__(self, master: Any, certificate: tuple[Path, Path] | None) -> None:
        self._master = master
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(*certificate)
        self.handlers: list[weakref.ref[ProxyConnectionHandler]] = []
        self.upstream_connections = self.over = 0
        self.port = Port(self.layer, self.came, self.left, self.proxy)
        self._provider: asyncio.Server | None = None

    async def provider(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.upstream_connections += 1
        try:
            while await reader.readexactly(len(REQUEST)) == REQUEST:
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    def layer(self, context: Any) -> Layer:
        context.server.address = NOWHERE
        return Layer(context, HTTPMode.transparent)

    def came(self, handler: ProxyConnectionHandler) -> None:
        self.handlers.append(weakref.ref(handler))

    def left(self, _: ProxyConnectionHandler) -> None:
        self.over += 1

    async def proxy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mode = mode_specs.ProxyMode.parse("regular")
        handler = ProxyConnectionHandler(self._master, reader, writer, self._master.options, mode)
        handler.layer = self.layer(handler.layer.context)
        self.came(handler)
        await handler.handle_client()
        self.left(handler)

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Sends each call to the provider, its head as it is."""
        data = flow.request.data
        data.host, data.port = self.address
        data.scheme = b"http" if self._tls is None else b"https"

    async def calls(self, count: int) -> None:
        provider = await asyncio.start_server(self.provider, "127.0.0.1", 0, ssl=self._tls)
        proxy = await asyncio.start_server(self.port.connected, "127.0.0.1", 0)
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


@pytest.mark.parametrize("without", [(), ("unpaused",), ("whole",), ("handover",), ("clients",)])
@pytest.mark.parametrize("by_tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("shares", [True, False], ids=["shared", "private"])
def test_nothing_is_left_of_a_client_that_has_gone(
    tmp_path: Path, shares: bool, by_tls: bool, without: tuple[str, ...]
) -> None:
    async def inside() -> None:
        with taddons.context(Proxyserver(), TlsConfig()) as context, asyncio_utils.set_eager_task_factory():
            context.options.update(confdir=str(tmp_path), ssl_insecure=True)
            ask = Share(None, take=True) if shares else None
            fast = install(context.master, without=without, ask=lambda flow: ask)
            between = Between(context.master, make_certificate(tmp_path) if by_tls else None)
            context.master.addons.add(between)
            gc.collect()
            gc.disable()
            try:
                await between.calls(5)
                assert between.upstream_connections == (1 if shares else 5)
                assert between.port.served == (0 if "clients" in without else 5)
                assert [ref() for ref in between.handlers] == [None] * 5
            finally:
                gc.enable()
                fast.remove()

    asyncio.run(inside())
