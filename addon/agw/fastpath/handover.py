"""A kept connection is handed to a call in the step in which the call asks for one.

Reason: a connection that is open already goes through everything that opens one: a task, its turn of the loop, the
layers' start and the way back of each reply; and again through a task to hear that the client has left. Worth: 12 % of
a call on a new client connection. Leans on: ``HttpLayer.get_connection``, and the states in which ``ServerTLSLayer``,
``HttpClient`` and ``Http1Client`` stand when a connection has been opened.

Only the first upstream connection of a client, only where all that ``sharing.py`` asks for is given, and only where
none of the hooks on the way must be awaited. What is not the plain case (the upstream ends or breaks, somebody does
not keep up, a time limit) gives the connection a task (``straight.py``).
"""

from __future__ import annotations

import time
from typing import Any

from mitmproxy.connection import ConnectionState, Server
from mitmproxy.proxy import events, server_hooks
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layer import Layer
from mitmproxy.proxy.layers.http import GetHttpConnection, HttpClient, HttpLayer, HttpStream
from mitmproxy.proxy.layers.http._http1 import Http1Client
from mitmproxy.proxy.layers.tls import ServerTLSLayer, TlsEstablishedServerHook
from mitmproxy.proxy.server import ConnectionHandler, ConnectionIO
from mitmproxy.proxy.tunnel import TunnelState
from mitmproxy.tls import TlsData
from OpenSSL import SSL

from agw.fastpath.dispatch import Dispatch
from agw.fastpath.inline import Inline
from agw.fastpath.lease import LEANS_ON as LEASE_LEANS_ON
from agw.fastpath.lease import TLS_FACTS, Lease
from agw.fastpath.reads import handled, is_free
from agw.fastpath.sharing import CLIENT_LEFT, Sharing, address_of, mark_open, tell
from agw.fastpath.straight import Straight, tasks_are_eager

LEANS_ON = (
    *LEASE_LEANS_ON,
    HttpLayer.get_connection,
    ConnectionHandler.handle_client,
    ConnectionHandler.open_connection,
    ConnectionHandler.handle_connection,
    ConnectionHandler.close_connection,
    ConnectionHandler.drain_writers,
)

_Data = server_hooks.ServerConnectionHookData
_HOOKS = ("server_connect", "server_connected", "tls_established_server", "server_disconnected")


class Handover:
    """Of one master's connections."""

    def __init__(self, sharing: Sharing, inline: Inline, dispatch: Dispatch) -> None:
        self._sharing = sharing
        self._inline = inline
        self._dispatch = dispatch

    def take(self, top: HttpLayer, stream: HttpStream, asked: GetHttpConnection) -> Server | None:
        """An open connection for ``stream``, as ``HttpLayer.get_connection`` would bring it in the end; None where
        there is none, or where mitmproxy's own way must be gone."""
        handler, sharing = self._inline.handler, self._sharing
        if (
            handler is None
            or handler.layer is not top
            or handler.transports.keys() != {handler.client}
            or asked.via
            or asked.address == top.context.server.address
            or not tasks_are_eager()
        ):
            return None
        server: Any = Server(address=asked.address, transport_protocol=asked.transport_protocol)
        if asked.tls:
            # What ``get_connection`` and the layer of TLS make of one that is new.
            server.__dict__.update(tls=True, sni=asked.address[0])
        share = sharing.share(handler, server, stream)
        if share is None or not self._dispatch.are_plain(*_HOOKS):
            return None
        lease = sharing.kept(handler, server, share)
        if lease is None:
            return None
        data = _Data(client=handler.client, server=server)
        self._dispatch.hear(server_hooks.ServerConnectHook, _HOOKS[0], data)
        if server.error or sharing.key(handler, server, share) != lease.key:
            sharing.give_back(lease)
            return None
        self._connected(handler, top, data, lease)
        return data.server

    def _connected(self, handler: Any, top: HttpLayer, data: _Data, lease: Lease) -> None:
        server = data.server
        mark_open(server, lease)
        handler.transports[server] = io = ConnectionIO(None, lease.reader, lease.writer)
        used = Used(self._inline, handler, data, io, lease, self._sharing, self._dispatch)
        io.handler = used  # type: ignore[assignment]
        handler.log(f"server connect {used.address}")
        self._dispatch.hear(server_hooks.ServerConnectedHook, _HOOKS[1], data)
        context = top.context.fork()
        context.server = server
        tls = None
        if lease.known is not None and lease.known.tls is not None:
            tls = _open_tls(context, lease.known.tls)
            tell(server, lease.known, TLS_FACTS)
        client: Any = HttpClient(context)
        client.child_layer = http1 = Http1Client(context)
        client._handle_event = http1.handle_event
        http1.state = http1.read_headers
        if tls is not None:
            tls.child_layer = client
            self._dispatch.hear(TlsEstablishedServerHook, _HOOKS[2], TlsData(server, context, tls.tls))
        top.connections[server] = client if tls is None else tls


def _open_tls(context: Context, tls: SSL.Connection) -> ServerTLSLayer:
    """With what the constructors of all its classes set, but for a child that another will take the place of."""
    made: Any = ServerTLSLayer.__new__(ServerTLSLayer)
    Layer.__init__(made, context)
    made.tunnel_connection = made.conn = context.server
    made._event_queue = []
    made.tls = tls
    made.tunnel_state = TunnelState.OPEN
    return made  # type: ignore[no-any-return]


class Used(Straight):
    """A connection that was kept, in one client's hands."""

    def __init__(
        self, inline: Inline, handler: Any, data: _Data, io: Any, lease: Lease, sharing: Sharing, dispatch: Dispatch
    ) -> None:
        super().__init__(inline, handler, data.server, io)
        self._data = data
        self._lease = lease
        self._sharing = sharing
        self._dispatch = dispatch
        self.address = address_of(data.server)
        sharing.leases[data.server.id] = lease

    async def _stay(self) -> None:
        try:
            await self._sharing.stay(self._handler, self._data, self._lease, self.address)
        finally:
            self._sharing.leave(self._handler, self._data.server, self._lease)

    def _end_at_once(self, message: Any) -> bool:
        """A client that leaves in peace needs no task for it."""
        handler, lease = self._handler, self._lease
        if (message,) != CLIENT_LEFT or not self._dispatch.are_plain(_HOOKS[3]) or not is_free(handler):
            return False
        server: Any = self._connection
        known = lease.known_at_rest(handler.layer.connections.get(server), server)
        self._step_aside()
        server.state = ConnectionState.CLOSED
        # Layers at rest would ask for the connection's end, which is here.
        if known is None:
            handled(self._inline.handle, handler, events.ConnectionClosed(server))
        self._sharing.end(handler, server, lease, known)
        handler.log(f"server disconnect {self.address}")
        server.timestamp_end = time.time()
        self._dispatch.hear(server_hooks.ServerDisconnectedHook, _HOOKS[3], self._data)
        self._sharing.leave(handler, server, lease)
        self._is_over()
        return True
