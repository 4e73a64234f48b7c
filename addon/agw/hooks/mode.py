"""A proxy mode of our own for the config's ports: ``gateway@HOST:PORT``.

mitmproxy's reverse mode would need a destination before the request is read, and would connect to it at once unless
``connection_strategy`` is lazy for every mode that the person opens beside us. A mode of our own leaves theirs alone,
and speaks HTTP from the first byte, without asking what the protocol might be.
"""

from __future__ import annotations

import asyncio
import errno
import os
from typing import Any

from mitmproxy.proxy import layer, mode_servers, mode_specs
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import HTTPMode

from agw.fastpath.clients import ServesAtOnce
from agw.hooks.layer import GatewayLayer

BACKLOG = 4096
"""Connections that may wait to be accepted; the usual 100 drops some when a thousand clients start at once."""

NOWHERE = ("127.0.0.1", 1)
"""Destination of a request that no hook has sent anywhere: nobody listens there, so it fails closed."""


class GatewayMode(mode_specs.ProxyMode):
    """A port of the gateway's config."""

    description = "AI gateway"
    transport_protocol = mode_specs.TCP

    def __post_init__(self) -> None:
        if self.data:
            raise ValueError("mode takes no arguments")


class GatewayServer(mode_servers.AsyncioServerInstance[GatewayMode], ServesAtOnce):
    """Listens on a port of the config."""

    _asked: tuple[list[Any], tuple[Any, ...]] = ([], ())

    @property
    def listen_addrs(self) -> tuple[Any, ...]:
        """mitmproxy compares them with each connection that it opens: kept, since each time is a system call."""
        if self._asked[0] is not self._servers:
            self._asked = (self._servers, super().listen_addrs)
        return self._asked[1]

    def make_top_layer(self, context: Context) -> layer.Layer:
        context.server.address = NOWHERE
        return GatewayLayer(context, HTTPMode.transparent)

    async def listen(self, host: str, port: int) -> list[Any]:
        """``localhost`` is both loopback addresses; the IPv6 one is left out where the machine has none."""
        if host != "localhost":
            return [await self._listen(host, port)]
        servers = [await self._listen("127.0.0.1", port)]
        try:
            servers.append(await self._listen("::1", port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                servers[0].close()
                raise
        return servers

    async def _listen(self, host: str, port: int) -> asyncio.Server:
        # Only one of several workers may share its port: alone, a port in use is a mistake that should be told.
        shared = "AGW_WORKER" in os.environ or None
        return await asyncio.start_server(self.connected, host, port, backlog=BACKLOG, reuse_port=shared)


def spec_of(host: str, port: int) -> str:
    return f"gateway@{host}:{port}"
