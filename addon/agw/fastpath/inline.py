"""Hooks that are plain functions run where they are asked for, without a task for each.

Reason: ``ConnectionHandler.server_event`` makes a task for every hook, which then waits for the lock that its own maker
holds, to say that it is done. Worth: 20 % of a call's time. Leans on: the commands that layers give and what
``server_event`` does with them, ``ProxyConnectionHandler.handle_hook``, and tasks starting eagerly, so that a hook has
always run at the very place where it runs here.

As before, the layers hear that a hook has ended only after all that the present event gave; a hook that must be
awaited, and a flow that is intercepted, get their task. A plain hook finds the connection's task as the current one.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from mitmproxy import flow, hooks, http
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.proxy.server import ConnectionHandler, ConnectionIO
from mitmproxy.utils import asyncio_utils

from agw.fastpath.at_once import AtOnce
from agw.fastpath.dispatch import Dispatch
from agw.fastpath.writes import Flush, Writes

LEANS_ON = (
    ConnectionHandler.server_event,
    ConnectionHandler.hook_task,
    ProxyConnectionHandler.handle_hook,
)

ServerEvent = Callable[[ConnectionHandler, events.Event], Awaitable[None]]


class Inline:
    """Handles the events of one master's connections; all others keep mitmproxy's own way."""

    def __init__(self, master: Any, dispatch: Dispatch, *, together: bool = True) -> None:
        self._master = master
        self._dispatch = dispatch
        self._together = together
        self.at_once = AtOnce(self._ask)
        self.handler: Any = None
        """Whose event is being handled now."""

    def server_event(self, original: ServerEvent) -> ServerEvent:
        """What takes the place of ``original``, ``ConnectionHandler.server_event``."""

        async def server_event(handler: Any, event: events.Event) -> None:
            if type(handler) is not ProxyConnectionHandler or handler.master is not self._master:
                await original(handler, event)
                return
            async with handler._server_event_lock:
                # No await in here: what the layers give for one event is one step.
                self.handle(handler, event)

        return server_event

    def handle(self, handler: Any, event: events.Event) -> None:
        """One step, with the handler's lock held."""
        handler.timeout_watchdog.register_activity()
        writes = Writes(self._together)
        ended: list[commands.StartHook] = []
        self.at_once.running = True
        self.handler = handler
        self._dispatch.look()
        try:
            self._step(handler, event, writes, ended)
            for hook in ended:  # grows on the way
                self._step(handler, events.HookCompleted(hook, None), writes, ended)
        finally:
            self.at_once.running = False
            self.handler = None
            self._dispatch.done_looking()
        writes.flush()

    def _step(self, handler: Any, event: events.Event, writes: Writes, ended: list[commands.StartHook]) -> None:
        try:
            transports = handler.transports
            for command in handler.layer.handle_event(event):
                if isinstance(command, commands.SendData):
                    io = transports.get(command.connection)
                    if io is not None:
                        writes.add(io.writer, command.data)
                elif isinstance(command, Flush):
                    writes.flush()
                elif isinstance(command, commands.StartHook):
                    writes.flush()
                    self._hook(handler, command, ended)
                elif isinstance(command, commands.Log):
                    handler.log(command.message, command.level)
                else:
                    writes.flush()
                    _carry_out(handler, command)
        except Exception:
            handler.log("mitmproxy has crashed!", logging.ERROR, exc_info=True)

    def _hook(self, handler: Any, hook: commands.StartHook, ended: list[commands.StartHook]) -> None:
        rest = self.at_once.rest_of(hook) or self._ask(hook)
        if rest is None:
            if hook.blocking:
                ended.append(hook)
            return
        asyncio_utils.create_task(
            self._wait(handler, hook, rest),
            name=f"handle_hook({hook.name})",
            keep_ref=True,
            client=handler.client.peername,
        )

    def _ask(self, hook: commands.StartHook) -> Awaitable[None] | None:
        """Runs the hook; gives what must be awaited before it has ended, or None."""
        dispatch = self._dispatch
        message = dispatch.message(hook)
        if (rest := dispatch.begin(hook, message)) is not None:
            return self._after(rest, message, update=True)
        if type(message) is not http.HTTPFlow and not isinstance(message, flow.Flow):
            return None
        if dispatch.listeners("update") and (rest := dispatch.begin(hooks.UpdateHook([message]))) is not None:
            return self._after(rest, message, update=False)
        return message.wait_for_resume() if message.intercepted else None

    async def _after(self, rest: Awaitable[None], message: Any, *, update: bool) -> None:
        await rest
        if isinstance(message, flow.Flow):
            if update:
                await self._dispatch.trigger_event(hooks.UpdateHook([message]))
            await message.wait_for_resume()

    async def _wait(self, handler: Any, hook: commands.StartHook, rest: Awaitable[None]) -> None:
        with handler.timeout_watchdog.disarm():
            await rest
        if hook.blocking:
            await handler.server_event(events.HookCompleted(hook, None))


def _carry_out(handler: Any, command: commands.Command) -> None:
    """The commands that are rare: connections opened and closed, timers."""
    if isinstance(command, commands.OpenConnection):
        if command.connection in handler.transports:
            raise RuntimeError(f"Connection is open already: {command}")
        task = asyncio_utils.create_task(
            handler.open_connection(command),
            name=f"server connection handler {command.connection.address}",
            keep_ref=False,
            client=handler.client.peername,
        )
        handler.transports[command.connection] = ConnectionIO(handler=task)
    elif isinstance(command, commands.RequestWakeup):
        handler.wakeup_timer.add(
            asyncio_utils.create_task(
                handler.wakeup(command),
                name=f"wakeup timer ({command.delay:.1f}s)",
                keep_ref=False,
                client=handler.client.peername,
            )
        )
    elif isinstance(command, commands.CloseConnection):
        if command.connection in handler.transports:
            half = isinstance(command, commands.CloseTcpConnection) and command.half_close
            handler.close_connection(command.connection, half)
    else:
        raise RuntimeError(f"Unexpected command: {command}")
