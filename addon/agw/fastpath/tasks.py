"""A client connection is served with one task less, and its others are named and waited for with fewer steps.

Reason: the watchdog is a task that sleeps for ten minutes, and is mostly woken only to be cancelled; ``asyncio.wait``
is made for many tasks, and here there is one each time; each task's name asks the environment whether a test of
mitmproxy's is running. Worth: 8 % of a call on a new client connection. Leans on: ``ConnectionHandler.handle_client``,
of which this is a copy, and ``TimeoutWatchdog.watch``.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from mitmproxy.proxy import events, server_hooks
from mitmproxy.proxy.server import ConnectionHandler, TimeoutWatchdog
from mitmproxy.utils import asyncio_utils

LEANS_ON = (TimeoutWatchdog, ConnectionHandler.handle_client, asyncio_utils.set_task_debug_info)

HandleClient = Callable[[Any], Awaitable[None]]


class Watch:
    """``watchdog.watch`` as a timer. When its time is first over, which few connections live to see, everything goes on
    in mitmproxy's own way."""

    def __init__(self, watchdog: Any) -> None:
        self._watchdog = watchdog
        left_s = watchdog.timeout - (time.time() - watchdog.last_activity)
        self._until: asyncio.TimerHandle | asyncio.Future[None]
        self._until = asyncio.get_running_loop().call_later(left_s, self._time_is_up)

    def cancel(self) -> None:
        self._until.cancel()

    def _time_is_up(self) -> None:
        watchdog = self._watchdog
        is_idle = watchdog.last_activity + watchdog.timeout < time.time()
        self._until = asyncio.ensure_future(watchdog.callback() if is_idle else watchdog.watch())


def handle_client(original: HandleClient, master: Any) -> HandleClient:
    """What takes the place of ``original``, ``ConnectionHandler.handle_client``."""

    async def handle_client(handler: Any) -> None:
        if handler.master is not master:
            await original(handler)
            return
        client = handler.client
        asyncio_utils.set_current_task_debug_info(name="client handler", client=client.peername)
        watch = Watch(handler.timeout_watchdog)
        try:
            handler.log("client connect")
            await handler.handle_hook(server_hooks.ClientConnectedHook(client))
            if client.error:
                handler.log("client kill connection")
                handler.transports.pop(client).writer.close()
            else:
                await handler.server_event(events.Start())
                await read_to_end(handler, client)
        finally:
            watch.cancel()
        await say_goodbye(handler, client)

    return handle_client


async def read_to_end(handler: Any, client: Any) -> None:
    io = handler.transports[client]
    # Of a client that is lost already, the layers hear before it is known what reads.
    io.handler = asyncio.get_running_loop().create_future()
    io.handler = task = asyncio_utils.create_task(
        handler.handle_connection(client), name="client connection handler", keep_ref=False, client=client.peername
    )
    await _ended(task)
    if not task.cancelled() and (error := task.exception()):
        told = (type(error), error, error.__traceback__)
        handler.log(f"connection handler has crashed: {error}", logging.ERROR, exc_info=told)


async def say_goodbye(handler: Any, client: Any) -> None:
    """What follows a client's end."""
    note_end(handler, client)
    await handler.handle_hook(server_hooks.ClientDisconnectedHook(client))
    await wait_for(handler, cancel_transports(handler))


def note_end(handler: Any, client: Any) -> None:
    while handler.wakeup_timer:
        handler.wakeup_timer.pop().cancel()
    handler.log("client disconnect")
    client.timestamp_end = time.time()


def cancel_transports(handler: Any) -> list[asyncio.Future[Any]]:
    """Gives those that must be waited for; without a task of its own a connection is over at once (``straight.py``)."""
    if handler.transports:
        handler.log("closing transports...", logging.DEBUG)
        for io in list(handler.transports.values()):
            if io.handler:
                io.handler.cancel("client disconnected")
    return [io.handler for io in handler.transports.values() if io.handler]


async def wait_for(handler: Any, tasks: list[asyncio.Future[Any]]) -> None:
    if tasks:
        await (_ended(tasks[0]) if len(tasks) == 1 else asyncio.wait(tasks))
        handler.log("transports closed!", logging.DEBUG)


async def _ended(task: asyncio.Future[Any]) -> None:
    """``asyncio.wait`` for one."""
    if task.done():
        return
    over = asyncio.get_running_loop().create_future()

    def wake(_: object) -> None:
        if not over.done():
            over.set_result(None)

    task.add_done_callback(wake)
    try:
        await over
    finally:
        task.remove_done_callback(wake)


def set_task_debug_info(task: Any, *, name: str, client: tuple[Any, ...] | None = None) -> None:
    """``asyncio_utils``' own where no test is running."""
    task.created = time.time()
    task.set_name(name)
    if client:
        task.client = client
