"""The watchdog bites when mitmproxy's own would, and is gone with its connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from mitmproxy.proxy.server import TimeoutWatchdog
from mitmproxy.utils import asyncio_utils

from agw.fastpath import tasks

TIMEOUT_S = 0.08
both = pytest.mark.parametrize("fast", [False, True], ids=["mitmproxy", "fast"])


class Handler:
    """What ``handle_client`` does with its watchdog, around ``life``."""

    def __init__(self, life: Callable[[TimeoutWatchdog], Awaitable[None]], fast: bool) -> None:
        self.bites = 0
        self.timeout_watchdog = TimeoutWatchdog(TIMEOUT_S, self._bite)  # type: ignore[arg-type]
        self._life = life
        self._watch: Any = tasks.watch(TimeoutWatchdog.watch) if fast else TimeoutWatchdog.watch

    async def _bite(self) -> None:
        self.bites += 1

    async def handle_client(self) -> None:
        watch = asyncio.create_task(self._watch(self.timeout_watchdog))
        await self._life(self.timeout_watchdog)
        watch.cancel()


def bites(life: Callable[[TimeoutWatchdog], Awaitable[None]], fast: bool) -> int:
    async def inside() -> int:
        with asyncio_utils.set_eager_task_factory():
            handler = Handler(life, fast)
            await tasks.handle_client(Handler.handle_client)(handler)
            at_end = handler.bites
            await asyncio.sleep(2 * TIMEOUT_S)
            assert handler.bites == at_end, "it bites no connection that is over"
            return at_end

    return asyncio.run(inside())


@both
def test_who_is_silent_is_bitten_once(fast: bool) -> None:
    assert bites(lambda watchdog: asyncio.sleep(4 * TIMEOUT_S), fast) == 1


@both
@pytest.mark.parametrize("pauses", [1, 6])
def test_who_goes_on_in_time_is_not_bitten(fast: bool, pauses: int) -> None:
    async def life(watchdog: TimeoutWatchdog) -> None:
        for _ in range(pauses):
            await asyncio.sleep(TIMEOUT_S / 2)
            watchdog.register_activity()

    assert bites(life, fast) == 0


@both
def test_who_falls_silent_later_is_bitten_then(fast: bool) -> None:
    async def life(watchdog: TimeoutWatchdog) -> None:
        await asyncio.sleep(TIMEOUT_S / 2)
        watchdog.register_activity()
        await asyncio.sleep(4 * TIMEOUT_S)

    assert bites(life, fast) == 1


@both
def test_who_waits_for_a_hook_is_not_bitten(fast: bool) -> None:
    async def life(watchdog: TimeoutWatchdog) -> None:
        await asyncio.sleep(TIMEOUT_S / 2)
        watchdog.register_activity()
        with watchdog.disarm():
            await asyncio.sleep(4 * TIMEOUT_S)

    assert bites(life, fast) == 0


def test_tasks_are_named_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")

    async def inside() -> None:
        named = []
        for name_it in (asyncio_utils.set_task_debug_info, tasks.set_task_debug_info):
            for client in (("127.0.0.1", 1), None):
                task = asyncio.ensure_future(asyncio.sleep(0))
                name_it(task, name="a name", client=client)
                named.append((task.get_name(), getattr(task, "client", None), asyncio_utils.task_repr(task)))
                assert isinstance(task.created, float)  # type: ignore[attr-defined]
                await task
        assert named[:2] == named[2:]

    asyncio.run(inside())
