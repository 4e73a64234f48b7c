"""A client connection to the gateway is served without a task, from its beginning to its end.

Reason: a client's life takes three tasks, each with its turns of the loop: one of asyncio's for who connects, one for
all that it is served, one that reads; and a client that has left is only noticed three turns later, when the upstream
connection that it had could have served another. Worth: 8 % of a call on a new client connection. Leans on: what
``ServerInstance.handle_stream`` and ``ConnectionHandler.handle_client`` do, of which this is a copy, and on asyncio's
servers taking a plain function for a client.

Only on ports of the gateway, and only where none of the hooks on a client's coming and going must be awaited. What is
not the plain case gives the connection its tasks (``straight.py``): a client that leaves in the middle of a call, that
is cut off, or that does not keep up with what it is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from mitmproxy import ctx
from mitmproxy.connection import ConnectionState
from mitmproxy.proxy import events, server_hooks
from mitmproxy.proxy.layers.http import HttpLayer
from mitmproxy.proxy.layers.http._http1 import Http1Connection, Http1Server
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler, ServerInstance
from mitmproxy.proxy.server import ConnectionHandler, LiveConnectionHandler, TimeoutWatchdog

from agw.fastpath.dispatch import Dispatch
from agw.fastpath.inline import Inline
from agw.fastpath.let_go import let_go
from agw.fastpath.reads import handled, is_free
from agw.fastpath.straight import Straight, tasks_are_eager
from agw.fastpath.tasks import Watch, cancel_transports, note_end, read_to_end, say_goodbye, wait_for

LEANS_ON = (
    ServerInstance.handle_stream,
    ConnectionHandler.handle_client,
    ConnectionHandler.handle_connection,
    ConnectionHandler.close_connection,
    LiveConnectionHandler,
    TimeoutWatchdog,
    HttpLayer,
    Http1Connection,
    Http1Server,
)

_HOOKS = ("client_connected", "client_disconnected")


class ServesAtOnce:
    """For a server's instance: ``connected`` is what its sockets call for each client."""

    serve_at_once: ClassVar[Callable[[Any, asyncio.StreamReader, asyncio.StreamWriter], bool] | None] = None

    def connected(
        self: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Coroutine[Any, Any, None] | None:
        if self.serve_at_once is not None and type(self).serve_at_once(self, reader, writer):
            return None
        served: Coroutine[Any, Any, None] = self.handle_stream(reader, writer)
        return served


class Clients:
    """Of one master."""

    def __init__(self, master: Any, inline: Inline, dispatch: Dispatch) -> None:
        self._master = master
        self._inline = inline
        self._dispatch = dispatch

    def serve(self, server: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """False where ``server.handle_stream`` must do it."""
        if ctx.master is not self._master or not tasks_are_eager() or not self._dispatch.are_plain(*_HOOKS):
            return False
        handler: Any = ProxyConnectionHandler(self._master, reader, writer, self._master.options, server.mode)
        handler.layer = server.make_top_layer(handler.layer.context)
        registered = server.manager.register_connection(handler.client.id, handler)
        registered.__enter__()
        Client(self._inline, handler, self._dispatch, registered).welcome()
        return True


class Client(Straight):
    """One of them."""

    def __init__(
        self, inline: Inline, handler: Any, dispatch: Dispatch, registered: AbstractContextManager[object]
    ) -> None:
        client = handler.client
        super().__init__(inline, handler, client, handler.transports[client])
        self._dispatch = dispatch
        self._registered = registered
        self._watch = Watch(handler.timeout_watchdog)

    def welcome(self) -> None:
        handler = self._handler
        client = handler.client
        io = handler.transports[client]
        io.handler = self
        handler.log("client connect")
        self._dispatch.hear(server_hooks.ClientConnectedHook, _HOOKS[0], client)
        if client.error:
            handler.log("client kill connection")
            self._step_aside()
            handler.transports.pop(client).writer.close()
            self._end()
            return
        handled(self._inline.handle, handler, events.Start())

    def eof_received(self) -> bool | None:
        handler = self._handler
        at_once = is_free(handler) and self._is_at_rest()
        if not at_once or not self._dispatch.are_plain(_HOOKS[1]):
            return super().eof_received()
        # Layers at rest would ask for the connection's end.
        self._step_aside()
        self._connection.state = ConnectionState.CLOSED
        handler.transports.pop(self._connection).writer.close()
        self._end()
        return True

    def _is_at_rest(self) -> bool:
        """Between two calls, with nothing of the next."""
        top = self._handler.layer
        if not isinstance(top, HttpLayer) or top.streams or top.command_sources or top._paused is not None:
            return False
        http1: Any = top.connections.get(self._connection)
        return (
            type(http1) is Http1Server
            and http1.state == http1.read_headers
            and not http1.buf
            and http1._paused is None
            and top.debug is None
        )

    def _end(self) -> None:
        handler = self._handler
        self._watch.cancel()
        note_end(handler, handler.client)
        self._dispatch.hear(server_hooks.ClientDisconnectedHook, _HOOKS[1], handler.client)
        if tasks := cancel_transports(handler):
            self._go_on(self._wait_for(tasks))
        else:
            self._forget()

    async def _wait_for(self, tasks: list[asyncio.Future[Any]]) -> None:
        try:
            await wait_for(self._handler, tasks)
        finally:
            self._forget()

    async def _stay(self) -> None:
        handler, client = self._handler, self._connection
        try:
            try:
                await read_to_end(handler, client)
            finally:
                self._watch.cancel()
            await say_goodbye(handler, client)
        finally:
            self._forget()

    def _forget(self) -> None:
        let_go(self._handler)
        self._registered.__exit__(None, None, None)
        self._is_over()
