"""Puts the pieces in place, and takes them away again."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Iterator
from typing import Any

from mitmproxy import addonmanager, connection, flow, http
from mitmproxy.net.http.http1 import read as http1_read
from mitmproxy.optmanager import _Option
from mitmproxy.proxy import commands, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import HttpClient
from mitmproxy.proxy.layers.http._http1 import Http1Client, Http1Connection, Http1Server
from mitmproxy.proxy.layers.tls import ServerTLSLayer, TLSLayer
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.utils import asyncio_utils, human

from agw.fastpath import (
    addresses,
    at_once,
    chunks,
    clients,
    contexts,
    dispatch,
    first_lines,
    handover,
    headers,
    idle,
    ids,
    inline,
    known,
    legacy_log,
    let_go,
    lifecycle,
    option_values,
    reads,
    sharing,
    tasks,
    unchecked,
    unpaused,
    whole,
)
from agw.fastpath.dispatch import Dispatch
from agw.fastpath.inline import Inline
from agw.fastpath.pool import Pool
from agw.fastpath.reads import Reads
from agw.fastpath.sharing import Sharing
from agw.fastpath.whole_layers import WholeLayer

logger = logging.getLogger("agw")

_LEANS_ON = {
    "dispatch": dispatch.LEANS_ON,
    "idle": idle.LEANS_ON,
    "inline": inline.LEANS_ON,
    "at_once": at_once.LEANS_ON,
    "writes": (),
    "legacy_log": legacy_log.LEANS_ON,
    "unpaused": unpaused.LEANS_ON,
    "chunks": chunks.LEANS_ON,
    "unchecked": unchecked.LEANS_ON,
    "headers": headers.LEANS_ON,
    "first_lines": first_lines.LEANS_ON,
    "lifecycle": lifecycle.LEANS_ON,
    "contexts": contexts.LEANS_ON,
    "ids": ids.LEANS_ON,
    "addresses": addresses.LEANS_ON,
    "option_values": option_values.LEANS_ON,
    "tasks": tasks.LEANS_ON,
    "let_go": let_go.LEANS_ON,
    "sharing": sharing.LEANS_ON,
    "whole": whole.LEANS_ON,
    "handover": handover.LEANS_ON,
    "clients": clients.LEANS_ON,
    "reads": reads.LEANS_ON,
}
PIECES = tuple(_LEANS_ON)
_NEEDS = {
    "idle": ("dispatch",),
    "inline": ("dispatch",),
    "legacy_log": ("dispatch",),
    "lifecycle": ("dispatch",),
    "writes": ("inline",),
    "at_once": ("inline",),
    "whole": ("inline",),
    "reads": ("inline",),
    "handover": ("whole", "reads", "sharing", "tasks"),
    "clients": ("reads", "tasks", "let_go"),
}

_NOTHING = object()


class FastPath:
    """What is in place. ``pieces`` are their names."""

    def __init__(self, pieces: Collection[str]) -> None:
        self.pieces = frozenset(pieces)
        self._undo: list[Callable[[], None]] = []
        self._sharing: Sharing | None = None

    def put(self, owner: Any, name: str, value: Any) -> None:
        """Sets an attribute until ``remove``, which brings back what was there, or what the class or base has."""
        own = vars(owner).get(name, _NOTHING)
        setattr(owner, name, value)
        self._undo.append(lambda: delattr(owner, name) if own is _NOTHING else setattr(owner, name, own))

    def when_removed(self, undo: Callable[[], None]) -> None:
        self._undo.append(undo)

    def share(self, sharing: Sharing) -> None:
        self._sharing = sharing
        self.when_removed(sharing.close)

    def config_changed(self) -> None:
        """Nothing that was opened under the config before is handed to a call after it."""
        if self._sharing is not None:
            self._sharing.renew()

    def remove(self) -> None:
        while self._undo:
            self._undo.pop()()


def install(master: Any, *, without: Collection[str] = (), ask: sharing.Ask = lambda flow: None) -> FastPath:
    """Puts in place what fits this mitmproxy, and says once what does not. ``without`` names pieces to leave out;
    ``ask`` says whose upstream connections are shared."""
    strange = {
        name: found
        for name, leans_on in _LEANS_ON.items()
        if name not in without and (found := known.changed(leans_on))
    }
    if strange:
        changed = ", ".join(name for found in strange.values() for name in found)
        logger.warning(f"fast path: this mitmproxy differs in {changed}; without {', '.join(strange)}, calls cost more")
    left_out = {*without, *strange}
    for piece, needed in _NEEDS.items():
        if not left_out.isdisjoint(needed):
            left_out.add(piece)
    fast = FastPath([piece for piece in PIECES if piece not in left_out])
    if "unchecked" in fast.pieces:
        fast.put(commands.StartHook, "__new__", staticmethod(unchecked.checked_once(commands.StartHook.__new__)))
        if hasattr(http.MessageData, "__post_init__"):
            fast.put(http.MessageData, "__post_init__", unchecked.no_check)
    if "headers" in fast.pieces:
        for name, method in headers.replacements().items():
            fast.put(http.Headers, name, method)
    if "first_lines" in fast.pieces:
        for name in ("_read_request_line", "_read_response_line"):
            fast.put(http1_read, name, first_lines.known(getattr(http1_read, name)))
    if "chunks" in fast.pieces:
        fast.put(Http1Connection, "read_body", chunks.joined(Http1Connection.read_body))
    if "contexts" in fast.pieces:
        layers = contexts.Layers(master.options)
        fast.when_removed(layers.close)
        fast.put(Context, "fork", contexts.fork)
        fast.put(connection.Server, "__init__", contexts.server_init(connection.Server.__init__))
        fast.put(layer.Layer, "__init__", layers.init(layer.Layer.__init__))
    if "ids" in fast.pieces:
        made = ids.Ids()
        fast.put(connection, "uuid", made)
        fast.put(flow, "uuid", made)
    if "addresses" in fast.pieces:
        fast.put(human, "format_address", addresses.format_address(human.format_address))
    if "option_values" in fast.pieces:
        fast.put(_Option, "current", option_values.current(_Option.current))
    if "tasks" in fast.pieces:
        handled = ProxyConnectionHandler.handle_client
        fast.put(ProxyConnectionHandler, "handle_client", tasks.handle_client(handled, master))
        if "PYTEST_CURRENT_TEST" not in os.environ:
            fast.put(asyncio_utils, "set_task_debug_info", tasks.set_task_debug_info)
    if "let_go" in fast.pieces:
        handled, read = ProxyConnectionHandler.handle_client, ProxyConnectionHandler.handle_connection
        fast.put(ProxyConnectionHandler, "handle_client", let_go.handle_client(handled, master))
        fast.put(ProxyConnectionHandler, "handle_connection", let_go.handle_connection(read))
    table = Dispatch(master.addons, without_idle="idle" in fast.pieces) if "dispatch" in fast.pieces else None
    inlined = _ask_by_table(fast, master, table) if table is not None else None
    reading = Reads(master, inlined.handle if inlined is not None and "reads" in fast.pieces else None)
    if "reads" in fast.pieces:
        read = ProxyConnectionHandler.handle_connection
        fast.put(ProxyConnectionHandler, "handle_connection", reading.handle_connection(read))
    if "unpaused" in fast.pieces:
        _enter_at_once(fast)
    if "whole" in fast.pieces:
        _take_whole(fast, master)
    if "sharing" in fast.pieces:
        shared = _share_connections(fast, master, ask, table, reading)
        if "handover" in fast.pieces and inlined is not None and table is not None:
            fast.put(WholeLayer, "hand_over", handover.Handover(shared, inlined, table).take)
    if "clients" in fast.pieces and inlined is not None and table is not None:
        fast.put(clients.ServesAtOnce, "serve_at_once", clients.Clients(master, inlined, table).serve)
    return fast


def _enter_at_once(fast: FastPath) -> None:
    """Each falls back to what ``Layer`` has at that time."""
    fast.put(Http1Connection, "handle_event", unpaused.http1(layer.Layer.handle_event))
    fast.put(HttpClient, "handle_event", unpaused.http_client(layer.Layer.handle_event))
    fast.put(ServerTLSLayer, "handle_event", unpaused.server_tls(layer.Layer.handle_event))
    fast.put(ServerTLSLayer, "event_to_child", unpaused.tls_to_child(ServerTLSLayer.event_to_child))
    fast.put(TLSLayer, "tls_interact", unpaused.tls_interact)


def _take_whole(fast: FastPath, master: Any) -> None:
    fast.put(Http1Server, "read_headers", whole.read_request(Http1Server.read_headers))
    fast.put(Http1Server, "send", whole.send_answer(Http1Server.send))
    fast.put(Http1Client, "read_headers", whole.read_answer(Http1Client.read_headers))
    fast.put(Http1Client, "send", whole.send_request(Http1Client.send))
    fast.put(Http1Client, "mark_done", whole.mark_done(Http1Client.mark_done))
    options = master.options

    def follow(*_: object, **__: object) -> None:
        WholeLayer.takes_whole = not any(getattr(options, name, None) for name in whole.NEEDS_PARTS)

    fast.put(WholeLayer, "takes_whole", False)
    follow()
    options.changed.connect(follow)
    fast.when_removed(lambda: options.changed.disconnect(follow))


def _share_connections(
    fast: FastPath, master: Any, ask: sharing.Ask, table: Dispatch | None, reading: Reads
) -> Sharing:
    def addons() -> Iterator[Any]:
        if table is None:
            yield from addonmanager.traverse(master.addons.chain)
            return
        yield from (listener.addon for listener in table.listeners("tls_start_server"))

    shared = Sharing(master, Pool(), ask, addons, reading)
    fast.share(shared)
    fast.put(ProxyConnectionHandler, "open_connection", shared.open_connection(ProxyConnectionHandler.open_connection))
    fast.put(Http1Client, "mark_done", shared.mark_done(Http1Client.mark_done))
    fast.put(ServerTLSLayer, "start_handshake", shared.start_handshake(ServerTLSLayer.start_handshake))
    return shared


def _ask_by_table(fast: FastPath, master: Any, table: Dispatch) -> Inline | None:
    fast.when_removed(table.close)
    fast.put(master.addons, "trigger_event", table.trigger_event)
    fast.put(master.addons, "handle_lifecycle", table.handle_lifecycle)
    handling = None
    if "inline" in fast.pieces:
        handling = Inline(master, table, together="writes" in fast.pieces)
        original = ProxyConnectionHandler.server_event
        fast.put(ProxyConnectionHandler, "server_event", handling.server_event(original))
        if "at_once" in fast.pieces:
            fast.put(layer.Layer, "handle_event", handling.at_once.handle_event(layer.Layer.handle_event))
    if "lifecycle" in fast.pieces:
        asked = lifecycle.asked_at_once(ProxyConnectionHandler.handle_hook, master, table)
        fast.put(ProxyConnectionHandler, "handle_hook", asked)
    if "legacy_log" in fast.pieces and (handler := getattr(master, "_legacy_log_events", None)) is not None:
        fast.put(handler, "emit", legacy_log.heard_only(handler.emit, table))
    return handling
