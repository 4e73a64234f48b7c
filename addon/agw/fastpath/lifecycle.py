"""Hooks on the life of connections are asked where they arise, if nobody must be awaited.

Reason: ``handle_hook`` goes through two coroutines and a context manager that switches a timer off and on, five times
for a client connection and its upstream one. Worth: 3 % of a call on a new client connection. Leans on: ``handle_hook``
doing nothing but that for hooks whose message is no flow.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from mitmproxy import flow
from mitmproxy.proxy import commands
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.proxy.server import TimeoutWatchdog

from agw.fastpath.dispatch import Dispatch

LEANS_ON = (ProxyConnectionHandler.handle_hook, TimeoutWatchdog)

HandleHook = Callable[[Any, commands.StartHook], Awaitable[None]]


def asked_at_once(original: HandleHook, master: Any, dispatch: Dispatch) -> HandleHook:
    """What takes the place of ``original``, ``ProxyConnectionHandler.handle_hook``."""

    async def handle_hook(handler: Any, hook: commands.StartHook) -> None:
        message = dispatch.message(hook)
        if handler.master is not master or isinstance(message, flow.Flow):
            await original(handler, hook)
            return
        rest = dispatch.begin(hook, message)
        if rest is None:
            handler.timeout_watchdog.register_activity()
        else:
            with handler.timeout_watchdog.disarm():
                await rest

    return handle_hook
