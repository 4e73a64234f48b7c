"""One client's time with an upstream connection, and whether the connection can be handed on when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from mitmproxy.connection import Server
from mitmproxy.proxy import layer, tunnel
from mitmproxy.proxy.layers.http import HttpClient
from mitmproxy.proxy.layers.http._http1 import Http1Client, Http1Connection
from mitmproxy.proxy.layers.tls import ServerTLSLayer, TLSLayer
from OpenSSL import SSL

from agw.fastpath import exchange
from agw.fastpath.pool import IDLE_S
from agw.fastpath.whole import PLAIN_EXCHANGE

LEANS_ON = (
    layer.Layer,
    tunnel.TunnelLayer,
    ServerTLSLayer,
    TLSLayer.receive_handshake_data,
    TLSLayer.receive_data,
    TLSLayer.send_data,
    HttpClient,
    Http1Client,
    Http1Connection.mark_done,
    Http1Connection.read_body,
)

TCP_FACTS = ("timestamp_start", "timestamp_tcp_setup")
TLS_FACTS = (
    *("timestamp_tls_setup", "certificate_list", "alpn", "alpn_offers", "cipher", "cipher_list", "tls_version", "sni"),
)


@dataclass(frozen=True, slots=True)
class Known:
    """What is handed on with a connection: its TLS session, and what ``Server`` says of it."""

    tls: SSL.Connection | None
    facts: dict[str, Any]


@dataclass(slots=True)
class Lease:
    key: Hashable
    generation: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    made_s: float
    known: Known | None = None
    """None: the connection was made for this client."""
    private: bool = False
    exchanges: int = 0
    idle_s: float = IDLE_S
    over: bool = False

    def judge(self, http1: Any, *, request: bool, response: bool) -> None:
        """An exchange's request, its answer or both are done now."""
        if (request or http1.request_done) and (response or http1.response_done):
            if http1.__dict__.pop(PLAIN_EXCHANGE, False):
                self.exchanges += 1
                self.idle_s = IDLE_S
            elif exchange.is_plain(http1.request, http1.response):
                self.exchanges += 1
                limit_s = exchange.idle_limit_s(http1.response)
                self.idle_s = IDLE_S if limit_s is None else limit_s
            else:
                self.private = True
        elif response:
            # An answer before the whole request was sent: nobody knows what the upstream makes of the rest.
            self.private = True

    def known_at_rest(self, stack: Any, server: Server) -> Known | None:
        """None where anything is in doubt. ``stack`` are the layers over the connection, the lowest first."""
        if self.private or not self.exchanges or not server.connected or server.error:
            return None
        tls = None
        if server.tls:
            if type(stack) is not ServerTLSLayer or not _is_open(stack, server):
                return None
            tls, stack = stack.tls, stack.child_layer
        if type(stack) is not HttpClient or _is_busy(stack) or not _is_between_calls(stack.child_layer, server):
            return None
        if tls is not None and not _is_drained(tls):
            return None
        if self.known is not None and self.known.tls is tls:
            return self.known
        return Known(tls, {name: getattr(server, name) for name in (*TCP_FACTS, *TLS_FACTS)})


def _is_busy(one: layer.Layer) -> bool:
    return one._paused is not None or bool(one._paused_event_queue)


def _is_open(tls: ServerTLSLayer, server: Server) -> bool:
    return (
        tls.tunnel_state is tunnel.TunnelState.OPEN
        and tls.conn is server
        and tls.tunnel_connection is server
        and not tls._event_queue
        and tls.command_to_reply_to is None
        and not _is_busy(tls)
    )


def _is_between_calls(http1: Any, server: Server) -> bool:
    return (
        type(http1) is Http1Client
        and http1.conn is server
        and http1.state == http1.read_headers
        and http1.stream_id is None
        and http1.request is None
        and http1.response is None
        and not (http1.request_done or http1.response_done or http1.buf)
        and not _is_busy(http1)
    )


def _is_drained(tls: SSL.Connection) -> bool:
    """Nothing is decrypted and not read, nobody has said goodbye. The layer sends what is to be sent at once."""
    return not tls.pending() and not tls.get_shutdown()
