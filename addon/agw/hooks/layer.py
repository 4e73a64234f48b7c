"""mitmproxy's HTTP layer for the config's ports. What is different of a call is in its stream (stream.py)."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from mitmproxy.connection import Server
from mitmproxy.proxy.layers.http import GetHttpConnection, HttpStream

from agw.fastpath.whole_layers import WholeLayer
from agw.hooks.stream import GatewayStream


class GatewayLayer(WholeLayer):
    """Makes streams of our own; everything else is mitmproxy's."""

    def new_stream(self, stream_id: int) -> HttpStream:
        return GatewayStream(self.context.fork(), stream_id)

    def get_connection(self, event: GetHttpConnection, *, reuse: bool = True) -> Generator[Any, Any, None]:
        # mitmproxy would answer with the old error for as long as the client stays connected.
        for connection in [one for one in self.connections if type(one) is Server and one.error]:
            if connection not in self.waiting_for_establishment:
                del self.connections[connection]
        yield from super().get_connection(event, reuse=reuse)
