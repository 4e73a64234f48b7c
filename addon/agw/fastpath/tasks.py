"""A client connection's watchdog is a timer, and its tasks are named without a look at the environment.

Reason: the watchdog is a task that sleeps for ten minutes, and is mostly woken only to be cancelled; each task's name
asks the environment whether a test of mitmproxy's is running. Worth: 4 % of a call on a new client connection. Leans
on: ``TimeoutWatchdog.watch`` looking for the first time when the timeout is over, and ``handle_client`` being the only
one that has it watch.

When that time is first over, which few connections live to see, everything goes on in mitmproxy's own way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from mitmproxy.proxy.server import ConnectionHandler, TimeoutWatchdog
from mitmproxy.utils import asyncio_utils

LEANS_ON = (TimeoutWatchdog, ConnectionHandler.handle_client, asyncio_utils.set_task_debug_info)

Watch = Callable[[Any], Awaitable[None]]
HandleClient = Callable[[Any], Awaitable[None]]

_END_WATCH = "agw_end_watch"


def watch(original: Callable[[Any], Any]) -> Watch:
    """What takes the place of ``original``, ``TimeoutWatchdog.watch``."""

    async def watch(watchdog: Any) -> None:
        def time_is_up() -> None:
            is_idle = watchdog.last_activity + watchdog.timeout < time.time()
            task = asyncio.ensure_future(watchdog.callback() if is_idle else original(watchdog))
            watchdog.__dict__[_END_WATCH] = None if is_idle else task.cancel

        left_s = watchdog.timeout - (time.time() - watchdog.last_activity)
        watchdog.__dict__[_END_WATCH] = asyncio.get_running_loop().call_later(left_s, time_is_up).cancel

    return watch


def handle_client(original: HandleClient) -> HandleClient:
    """What takes the place of ``original``, ``ConnectionHandler.handle_client``."""

    async def handle_client(handler: Any) -> None:
        try:
            await original(handler)
        finally:
            if (end := handler.timeout_watchdog.__dict__.pop(_END_WATCH, None)) is not None:
                end()

    return handle_client


def set_task_debug_info(task: Any, *, name: str, client: tuple[Any, ...] | None = None) -> None:
    """``asyncio_utils``' own where no test is running."""
    task.created = time.time()
    task.set_name(name)
    if client:
        task.client = client
