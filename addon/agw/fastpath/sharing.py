"""An upstream connection outlives its client and serves the next one.

Reason: mitmproxy opens upstream connections anew for each client connection, with a TLS handshake for each. Worth: for
clients that connect anew for each call, half of a call's time over TLS. Leans on: ``open_connection``,
``handle_connection`` and what ends them; the HTTP/1 client's state between two exchanges; the server's TLS layer.

Only the transport and its TLS session are handed on. Everything that knows of calls (layers, parsers, the ``Server``
object, stream reader's buffer) is made anew or has been seen empty, so that what belongs to one client cannot reach
another by way of this process::

    open ──► exchanges ──► client leaves ──► at rest? ──► parked ──► handed to the next client, as if just opened
                 │ anything in doubt              │ no       │ a byte, its end, too old, config or options changed
                 └──► private                     └► closed  └► closed

* **At rest**: the last exchange is over on both sides, nothing is in any buffer, nobody has asked to close it, and
  every exchange on it was beyond doubt (``exchange.py``).
* **The same** are connections to one address by one name under one TLS policy; what was made before a change of options
  or config is handed to nobody. Nothing is shared where another add-on has a say in how TLS begins, where mitmproxy has
  been told not to look at headers (``validate_inbound_headers``), nor where ``ask`` says no.
* **Add-ons** see a connection for each client, as ever: ``server_connect`` (which may still refuse it, or change where
  it goes), ``server_connected``, ``tls_established_server`` and ``server_disconnected``; only ``tls_start_server``
  stays out where no TLS begins. ``timestamp_start``, ``_tcp_setup`` and ``_tls_setup`` tell when it was made.
* **An upstream that closes** just when a request is on its way is the known race of keep-alive. RFC 9110 (9.2.2) lets a
  request be sent again only if it is idempotent or was surely not processed. Go holds a connection that ended unread
  for the latter, nginx wants to be told. Here it must have been handed out (``was_handed_out``), have ended without a
  byte, and so soon that the end was on its way before the request came (``Tries``): then the request goes out once
  more, over a connection of its own. A call for which nobody could do that is not given a kept one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from mitmproxy import http
from mitmproxy.addons.tlsconfig import TlsConfig
from mitmproxy.connection import ConnectionState, Server
from mitmproxy.proxy import commands, events, server_hooks
from mitmproxy.proxy.layers.http import HttpLayer, HttpStream
from mitmproxy.proxy.layers.tls import TlsEstablishedServerHook
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.proxy.server import ConnectionHandler, ConnectionIO
from mitmproxy.tls import TlsData
from mitmproxy.utils import human

from agw.fastpath.lease import LEANS_ON as LEASE_LEANS_ON
from agw.fastpath.lease import TCP_FACTS, TLS_FACTS, Known, Lease
from agw.fastpath.pool import Parked, Pool
from agw.fastpath.reads import Reads, end_reading, raise_again

LEANS_ON = (
    *LEASE_LEANS_ON,
    ConnectionHandler.handle_client,
    ConnectionHandler.open_connection,
    ConnectionHandler.handle_connection,
    ConnectionHandler.close_connection,
    HttpLayer.event_to_child,
    HttpLayer.get_connection,
)

OpenConnection = Callable[[Any, commands.OpenConnection], Awaitable[None]]
Steps = Generator[commands.Command, Any, None]

CLIENT_LEFT = ("client disconnected",)
"""With what ``handle_client`` cancels, and nobody else."""

_HANDED_OUT = "agw_handed_out"


@dataclass(frozen=True, slots=True)
class Share:
    """That a flow's connection may be shared. ``policy`` is what its TLS depends on beside address and name; ``take``:
    it may be one that is kept, not only become one."""

    policy: Hashable
    take: bool


Ask = Callable[[http.HTTPFlow], Share | None]


def was_handed_out(server: Server) -> bool:
    """Whether the connection is older than the client that has it."""
    return _HANDED_OUT in server.__dict__


class Sharing:
    """Of one master's connections; all others keep mitmproxy's own way."""

    def __init__(self, master: Any, pool: Pool, ask: Ask, addons: Callable[[], Iterable[Any]], reads: Reads) -> None:
        """``addons`` are all that may have ``tls_start_server``."""
        self._master = master
        self._pool = pool
        self._ask = ask
        self._addons = addons
        self._reads = reads
        self._generation = 0
        self.leases: dict[str, Lease] = {}
        master.options.changed.connect(self.renew)

    def renew(self, *_: object, **__: object) -> None:
        """What is open now serves the clients that have it, and nobody after them."""
        self._generation += 1
        self._pool.clear()

    def close(self) -> None:
        self._master.options.changed.disconnect(self.renew)
        self.renew()

    # --- what takes the place of mitmproxy's

    def open_connection(self, original: OpenConnection) -> OpenConnection:
        async def open_connection(handler: Any, command: commands.OpenConnection) -> None:
            share = self.share(handler, command.connection, _asker(handler.layer, command.connection))
            try:
                await (original(handler, command) if share is None else self._open(handler, command, share))
            except asyncio.CancelledError as error:
                # The frames behind keep the error, and the error's traceback the frames.
                error.__traceback__ = None
                raise

        return open_connection

    def mark_done(self, original: Callable[..., Steps]) -> Callable[..., Steps]:
        def mark_done(layer: Any, *, request: bool = False, response: bool = False) -> Steps:
            if (lease := self.leases.get(layer.conn.id)) is not None:
                lease.judge(layer, request=request, response=response)
            yield from original(layer, request=request, response=response)

        return mark_done

    def start_handshake(self, original: Callable[[Any], Steps]) -> Callable[[Any], Steps]:
        """In the place of a handshake, what ``receive_handshake_data`` does at the end of one."""

        def start_handshake(layer: Any) -> Steps:
            lease = self.leases.get(layer.conn.id)
            if lease is None or lease.known is None or lease.known.tls is None:
                yield from original(layer)
                return
            layer.tls = lease.known.tls
            tell(layer.conn, lease.known, TLS_FACTS)
            yield TlsEstablishedServerHook(TlsData(layer.conn, layer.context, layer.tls))
            yield from layer._handshake_finished(None)

        return start_handshake

    # --- which connections

    def share(self, handler: Any, server: Any, stream: Any) -> Share | None:
        """Whether ``server`` may be shared, which ``stream`` has asked for."""
        if (
            type(handler) is not ProxyConnectionHandler
            or handler.master is not self._master
            or server.transport_protocol != "tcp"
            or server.via is not None
            or not server.address
            or not self._master.options.validate_inbound_headers
        ):
            return None
        if not isinstance(stream, HttpStream) or (server.tls and self._others_begin_tls()):
            return None
        return self._ask(stream.flow)

    def _others_begin_tls(self) -> bool:
        return any(
            hasattr(addon, "tls_start_server")
            and not isinstance(addon, TlsConfig)
            and not type(addon).__module__.startswith("agw.")
            for addon in self._addons()
        )

    def key(self, handler: Any, server: Any, share: Share) -> Hashable:
        """After ``server_connect``, in which add-ons may change where a connection goes, and from where."""
        offers, ciphers = tuple(server.alpn_offers), tuple(server.cipher_list)
        address, source = tuple(server.address), server.sockname
        client = tuple(handler.client.alpn_offers)
        return (address, source, server.tls, server.sni, offers, ciphers, client, share.policy)

    # --- one connection

    async def _open(self, handler: Any, command: commands.OpenConnection, share: Share) -> None:
        """``ConnectionHandler.open_connection``, with another way to begin and another to end."""
        server: Any = command.connection
        data = server_hooks.ServerConnectionHookData(client=handler.client, server=server)
        await handler.handle_hook(server_hooks.ServerConnectHook(data))
        if error := server.error:
            address = human.format_address(server.address)
            handler.log(f"server connection to {address} killed before connect: {error}")
            await handler.handle_hook(server_hooks.ServerConnectErrorHook(data))
            await handler.server_event(events.OpenConnectionCompleted(command, f"Connection killed: {error}"))
            return
        async with handler.max_conns[server.address]:
            # Tasks start eagerly: who began this one notes it only now, and would overwrite what is noted below.
            await asyncio.sleep(0)
            lease = self.kept(handler, server, share) or await self._connect(handler, command, data, share)
            if lease is None:
                return
            handler.transports[server] = ConnectionIO(asyncio.current_task(), lease.reader, lease.writer)
            self.leases[server.id] = lease
            try:
                await self._serve(handler, command, data, lease)
            finally:
                self.leave(handler, server, lease)

    def kept(self, handler: Any, server: Any, share: Share) -> Lease | None:
        if not share.take or server.via is not None:
            return None
        key = self.key(handler, server, share)
        parked = self._pool.take(key)
        if parked is None:
            return None
        tell(server, parked.known, TCP_FACTS)
        setattr(server, _HANDED_OUT, True)
        return Lease(key, self._generation, parked.reader, parked.writer, parked.made_s, parked.known)

    def give_back(self, lease: Lease) -> None:
        """One that was kept, and that is not used after all."""
        assert lease.known is not None
        self._pool.park(lease.key, Parked(lease.reader, lease.writer, lease.made_s, lease.known), lease.idle_s)

    async def _connect(self, handler: Any, command: Any, data: Any, share: Share) -> Lease | None:
        server = command.connection
        key, generation = self.key(handler, server, share), self._generation
        try:
            server.timestamp_start = time.time()
            reader, writer = await asyncio.open_connection(*server.address, local_addr=server.sockname)
        except (OSError, asyncio.CancelledError) as error:
            text = str(error) or "connection cancelled"
            handler.log(f"error establishing server connection: {text}")
            server.error = text
            await handler.handle_hook(server_hooks.ServerConnectErrorHook(data))
            await handler.server_event(events.OpenConnectionCompleted(command, text))
            if isinstance(error, asyncio.CancelledError):
                raise
            return None
        server.timestamp_tcp_setup = time.time()
        return Lease(key, generation, reader, writer, asyncio.get_running_loop().time())

    async def _serve(self, handler: Any, command: Any, data: Any, lease: Lease) -> None:
        server = command.connection
        mark_open(server, lease)
        address = address_of(server)
        handler.log(f"server connect {address}")
        await handler.handle_hook(server_hooks.ServerConnectedHook(data))
        await handler.server_event(events.OpenConnectionCompleted(command, None))
        await self.stay(handler, data, lease, address)

    async def stay(self, handler: Any, data: Any, lease: Lease, address: str) -> None:
        """All that follows once the connection is open; ``leave`` comes after it."""
        try:
            await self._read(handler, data.server, lease)
        finally:
            handler.log(f"server disconnect {address}")
            data.server.timestamp_end = time.time()
            await handler.handle_hook(server_hooks.ServerDisconnectedHook(data))

    def leave(self, handler: Any, server: Any, lease: Lease) -> None:
        del self.leases[server.id]
        self.end(handler, server, lease, None)

    async def _read(self, handler: Any, server: Any, lease: Lease) -> None:
        """``ConnectionHandler.handle_connection``, which closes where this may park."""
        known = None

        def left(cancelled: asyncio.CancelledError) -> None:
            # Before the layers hear of it: they close what they are in the middle of.
            nonlocal known
            if cancelled.args == CLIENT_LEFT and isinstance(handler.layer, HttpLayer):
                known = lease.known_at_rest(handler.layer.connections.get(server), server)

        cancelled = await self._reads.until_end(handler, server, lease.reader, left)
        cancelled = await end_reading(handler, server, cancelled)
        self.end(handler, server, lease, known)
        raise_again(cancelled)

    def end(self, handler: Any, server: Any, lease: Lease, known: Known | None) -> None:
        """Parks the connection or closes it, the first time that it is asked to."""
        if lease.over:
            return
        lease.over = True
        handler.transports.pop(server, None)
        if known is None or lease.generation != self._generation:
            lease.writer.close()
        else:
            parked = Parked(lease.reader, lease.writer, lease.made_s, known)
            self._pool.park(lease.key, parked, lease.idle_s)


def _asker(layer: Any, server: Server) -> Any:
    """Who waits for the connection; None where it is not one alone."""
    asked = layer.waiting_for_establishment.get(server, ()) if isinstance(layer, HttpLayer) else ()
    return layer.command_sources.get(asked[0]) if len(asked) == 1 else None


def address_of(server: Any) -> str:
    """As mitmproxy's log names it."""
    address: str = human.format_address(server.address)
    if server.address[0] != server.peername[0]:
        address = f"{address} ({human.format_address(server.peername)})"
    return address


def mark_open(server: Server, lease: Lease) -> None:
    """What ``open_connection`` notes of a connection that it has opened."""
    peername, sockname = map(lease.writer.get_extra_info, ("peername", "sockname"))
    server.__dict__.update(state=ConnectionState.OPEN, peername=peername, sockname=sockname)


def tell(server: Server, known: Known, names: Iterable[str]) -> None:
    # None of them is a field that ``Server`` checks when it is set.
    server.__dict__.update({name: known.facts[name] for name in names})
