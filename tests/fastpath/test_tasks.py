"""Clients are served as by mitmproxy; the watchdog bites when mitmproxy's own would, and is gone with its connection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from mitmproxy import connection
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.proxy import commands, events, layer, mode_specs
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.proxy.server import TimeoutWatchdog
from mitmproxy.test import taddons
from mitmproxy.utils import asyncio_utils

from agw.fastpath import install, tasks
from agw.fastpath.install import PIECES
from support.port import Port

TIMEOUT_S = 0.08
both = pytest.mark.parametrize("fast", [False, True], ids=["mitmproxy", "fast"])


def bites(life: Callable[[TimeoutWatchdog], Awaitable[None]], fast: bool) -> int:
    """How often a watchdog bites while its connection leads ``life``."""
    bitten = []

    async def bite() -> None:
        bitten.append(1)

    async def inside() -> int:
        with asyncio_utils.set_eager_task_factory():
            watchdog = TimeoutWatchdog(TIMEOUT_S, bite)  # type: ignore[arg-type]
            watch: Any = tasks.Watch(watchdog) if fast else asyncio.create_task(watchdog.watch())
            await life(watchdog)
            watch.cancel()
            at_end = len(bitten)
            await asyncio.sleep(2 * TIMEOUT_S)
            assert len(bitten) == at_end, "it bites no connection that is over"
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


class Echo(layer.Layer):
    def _handle_event(self, event: events.Event) -> Any:
        if isinstance(event, events.DataReceived):
            yield commands.SendData(event.connection, event.data)
        elif isinstance(event, events.ConnectionClosed):
            yield commands.CloseConnection(event.connection)


class Watcher:
    """An add-on that sees connections come and go, and kills those that it is told to."""

    def __init__(self, kills: bool) -> None:
        self._kills = kills
        self.seen: list[str] = []

    def client_connected(self, client: connection.Client) -> None:
        self.seen.append("connected")
        if self._kills:
            client.error = "unwanted"

    def client_disconnected(self, client: connection.Client) -> None:
        self.seen.append(f"disconnected {client.timestamp_end is not None}")


async def crashes() -> None:
    raise RuntimeError("a crash")


@pytest.mark.parametrize("how", ["leaves", "is killed", "crashes", "is silent"])
def test_a_client_is_served_as_ever(caplog: pytest.LogCaptureFixture, how: str) -> None:
    async def served(without: tuple[str, ...]) -> tuple[Any, ...]:
        caplog.clear()
        watcher, over = Watcher(how == "is killed"), asyncio.Event()
        with taddons.context(Proxyserver(), watcher) as context, asyncio_utils.set_eager_task_factory():
            fast = install(context.master, without=without)
            left: list[Any] = []

            def prepare(handler: ProxyConnectionHandler) -> None:
                if how == "crashes":
                    handler.drain_writers = crashes  # type: ignore[method-assign]
                if how == "is silent":
                    handler.timeout_watchdog.timeout = TIMEOUT_S  # type: ignore[assignment]

            def has_left(handler: ProxyConnectionHandler) -> None:
                left.extend(handler.transports)
                over.set()

            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                mode = mode_specs.ProxyMode.parse("regular")
                handler = ProxyConnectionHandler(context.master, reader, writer, context.options, mode)
                handler.layer = Echo(handler.layer.context)
                prepare(handler)
                await handler.handle_client()
                has_left(handler)

            port = Port(Echo, prepare, has_left, serve)
            # Of add-ons that it does not know nobody can tell whether they must be awaited.
            type(watcher).__module__ = "agw.watcher"
            server = await asyncio.start_server(port.connected, "127.0.0.1", 0)
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            for _ in range(1 if how in ("is killed", "crashes") else 2):
                writer.write(b"x")
                got = await reader.read(1)
                await asyncio.sleep(0.01)
            if how != "is silent":
                writer.close()
            async with asyncio.timeout(10):
                await over.wait()
            writer.close()
            server.close()
            fast.remove()
            names = [str(record.msg).partition(":")[0] for record in caplog.records if "proxy" in record.name]
            assert port.served == (0 if "clients" in without else 1)
            return got, watcher.seen, names, len(left)

    async def inside() -> None:
        plain = await served(PIECES)
        assert await served(("reads", "clients")) == plain
        if how != "crashes":  # where no task waits, nothing can crash there
            assert await served(()) == plain
        assert plain[1] == ["connected", "disconnected True"]

    with caplog.at_level(logging.DEBUG, logger="mitmproxy.proxy.server"):
        asyncio.run(inside())
