"""Layers that never wait for a reply are entered without the steps that could pause them.

Reason: ``Layer.handle_event`` goes through a layer's commands in a loop of its own, to stop where one of them must be
replied to; between the HTTP layer and a socket lie three to five such loops for each message. Worth: 3 % of a call's
time, more over TLS. Leans on: the layers of HTTP/1 asking for nothing that blocks, nor those of TLS and of a connection
to a provider once they are open.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from mitmproxy.proxy import commands, events, layer, tunnel
from mitmproxy.proxy.layers.http import HttpClient
from mitmproxy.proxy.layers.http._base import HttpEvent
from mitmproxy.proxy.layers.http._http1 import Http1Client, Http1Connection, Http1Server
from mitmproxy.proxy.layers.tls import ServerTLSLayer, TLSLayer
from OpenSSL import SSL

LEANS_ON = (
    layer.Layer,
    Http1Connection,
    Http1Server,
    Http1Client,
    HttpClient,
    tunnel.TunnelLayer,
    ServerTLSLayer,
    TLSLayer.receive_data,
    TLSLayer.send_data,
    TLSLayer.tls_interact,
)

Steps = Generator[Any, Any, None]
HandleEvent = Callable[[Any, events.Event], Steps]

_MOST_BYTES = 65535


def http1(original: HandleEvent) -> HandleEvent:
    """What takes the place of ``original``, ``Http1Connection.handle_event``, with its ``_handle_event``."""

    def handle_event(self: Any, event: events.Event) -> Steps:
        if self.debug is not None:
            return original(self, event)
        steps: Steps
        if isinstance(event, HttpEvent):
            steps = self.send(event)
            return steps
        if isinstance(event, events.DataReceived) and self.state != self.passthrough:
            self.buf += event.data
        steps = self.state(event)
        return steps

    return handle_event


def http_client(original: HandleEvent) -> HandleEvent:
    """What takes the place of ``original``, ``HttpClient.handle_event``: with an open connection, it is its child."""

    def handle_event(self: Any, event: events.Event) -> Steps:
        if "_handle_event" not in self.__dict__ or self._paused is not None or self.debug is not None:
            return original(self, event)
        steps: Steps = self.child_layer.handle_event(event)
        return steps

    return handle_event


def server_tls(original: HandleEvent) -> HandleEvent:
    """What takes the place of ``original``, ``ServerTLSLayer.handle_event``."""

    def handle_event(self: Any, event: events.Event) -> Steps:
        is_open = self.tunnel_state is tunnel.TunnelState.OPEN
        if not is_open or self._paused is not None or self.debug is not None:
            return original(self, event)
        steps: Steps
        if isinstance(event, HttpEvent):
            steps = self.event_to_child(event)
        elif type(event) is events.DataReceived and event.connection is self.tunnel_connection:
            steps = self.receive_data(event.data)
        else:
            steps = self._handle_event(event)
        return steps

    return handle_event


def tls_to_child(original: HandleEvent) -> HandleEvent:
    """What takes the place of ``original``, ``ServerTLSLayer.event_to_child``."""

    def event_to_child(self: Any, event: events.Event) -> Steps:
        if self.tunnel_state is not tunnel.TunnelState.OPEN or self.wait_for_clienthello:
            yield from original(self, event)
            return
        for command in self.child_layer.handle_event(event):
            if isinstance(command, commands.ConnectionCommand):
                yield from self._handle_command(command)
            else:
                yield command

    return event_to_child


def tls_interact(self: Any) -> Steps:
    """Takes the place of ``TLSLayer.tls_interact``: who got less than he asked for need not ask again."""
    size = _MOST_BYTES
    while size == _MOST_BYTES:
        try:
            data = self.tls.bio_read(_MOST_BYTES)
        except SSL.WantReadError:
            return
        size = len(data)
        yield commands.SendData(self.conn, data)
