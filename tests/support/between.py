"""A proxy between clients and one provider in this process: real sockets and mitmproxy's own connection handlers."""

from __future__ import annotations

import asyncio
import ssl
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

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
from support.port import Port

NOWHERE = ("127.0.0.1", 1)

Provider = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Stream(WholeStream):
    """As the gateway's own streams are."""

    def flow_done(self) -> Any:
        yield from super().flow_done()
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
    """``provider`` serves each connection to it; ``certificate`` is its own, if it speaks TLS. Is an add-on, too."""

    def __init__(self, master: Any, provider: Provider, certificate: tuple[Path, Path] | None) -> None:
        self.master = master
        self._provider = provider
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(*certificate)
        self.handlers: list[weakref.ref[ProxyConnectionHandler]] = []
        self.upstream_connections = self.over = 0
        self.port = Port(self._layer, self._came, self._left, self._proxy)
        self._address = self._listens_at = NOWHERE

    async def _provide(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.upstream_connections += 1
        try:
            await self._provider(reader, writer)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    def _layer(self, context: Any) -> Layer:
        context.server.address = NOWHERE
        return Layer(context, HTTPMode.transparent)

    def _came(self, handler: ProxyConnectionHandler) -> None:
        self.handlers.append(weakref.ref(handler))

    def _left(self, _: ProxyConnectionHandler) -> None:
        self.over += 1

    async def _proxy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mode = mode_specs.ProxyMode.parse("regular")
        handler = ProxyConnectionHandler(self.master, reader, writer, self.master.options, mode)
        handler.layer = self._layer(handler.layer.context)
        self._came(handler)
        await handler.handle_client()
        self._left(handler)

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Sends each call to the provider, its head as it is."""
        data = flow.request.data
        data.host, data.port = self._address
        data.scheme = b"http" if self._tls is None else b"https"

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        assert flow.response is not None
        flow.response.stream = True

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        provider = await asyncio.start_server(self._provide, "127.0.0.1", 0, ssl=self._tls)
        proxy = await asyncio.start_server(self.port.connected, "127.0.0.1", 0)
        self._address = provider.sockets[0].getsockname()[:2]
        self._listens_at = proxy.sockets[0].getsockname()[:2]
        try:
            yield
        finally:
            proxy.close()
            provider.close()

    async def connect(self, **how: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(*self._listens_at, **how)

    async def all_are_over(self) -> None:
        async with asyncio.timeout(10):
            while self.over < len(self.handlers):
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.01)


@asynccontextmanager
async def between(
    folder: Path,
    provider: Provider,
    *addons: Any,
    certificate: tuple[Path, Path] | None = None,
    shares: bool = True,
    without: tuple[str, ...] = (),
) -> AsyncIterator[Between]:
    """With the fast path, but for the pieces ``without``."""
    with taddons.context(Proxyserver(), TlsConfig(), *addons) as context, asyncio_utils.set_eager_task_factory():
        context.options.update(confdir=str(folder), ssl_insecure=True)
        share = Share(None, take=True) if shares else None
        fast = install(context.master, without=without, ask=lambda flow: share)
        found = Between(context.master, provider, certificate)
        context.master.addons.add(found)
        try:
            async with found.listening():
                yield found
        finally:
            fast.remove()
