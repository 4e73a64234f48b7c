"""Time limits on connecting and on answering: timers of the loop, cancelled when what they wait for has come."""

from __future__ import annotations

import asyncio

from mitmproxy import ctx, http
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.connection import Connection
from mitmproxy.proxy import server_hooks

from agw.hooks.plan import Plan


class ConnectTimers:
    """One timer for each connection that is being opened."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.TimerHandle] = {}

    def start(self, data: server_hooks.ServerConnectionHookData, limit_s: float) -> None:
        self._running[data.server.id] = asyncio.get_running_loop().call_later(limit_s, cut, data.client.id, data.server)

    def stop(self, data: server_hooks.ServerConnectionHookData) -> None:
        timer = self._running.pop(data.server.id, None)
        if timer is not None:
            timer.cancel()


def start_answer_timer(flow: http.HTTPFlow, plan: Plan, limit_s: float) -> None:
    """Cuts the upstream connection if the answer's head has not come within ``limit_s`` seconds."""

    def expire() -> None:
        plan.timed_out = True
        cut(flow.client_conn.id, flow.server_conn)

    plan.timer = asyncio.get_running_loop().call_later(limit_s, expire)


def cut(client_id: str, server: Connection) -> None:
    """Ends one upstream connection of one client, open or on its way; mitmproxy then tells the flow."""
    addon = ctx.master.addons.get("proxyserver")
    if not isinstance(addon, Proxyserver) or client_id not in addon.connections:
        return
    transport = addon.connections[client_id].transports.get(server)
    if transport is not None and transport.handler is not None:
        transport.handler.cancel("time limit")
