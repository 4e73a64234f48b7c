"""Parked connections: handed out once, only while alive and silent, within their limits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from agw.fastpath import pool as pools
from agw.fastpath.pool import Parked, Pool

Open = Callable[[], Awaitable[tuple[Parked, asyncio.StreamWriter]]]


def with_connections(check: Callable[[Open], Awaitable[None]]) -> None:
    """``check`` gets a function that opens a connection and gives it with its other end."""

    async def inside() -> None:
        others: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            others.put_nowait(writer)
            await reader.read()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        opened: list[asyncio.StreamWriter] = []

        async def opens() -> tuple[Parked, asyncio.StreamWriter]:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            opened.append(writer)
            other = await others.get()
            return Parked(reader, writer, asyncio.get_running_loop().time(), "known"), other

        try:
            await check(opens)
        finally:
            for writer in opened:
                writer.close()
            server.close()

    asyncio.run(inside())


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.005)


def test_a_parked_connection_is_handed_out_once_and_works_as_before() -> None:
    async def check(opens: Open) -> None:
        pool = Pool()
        parked, other = await opens()
        pool.park("key", parked)
        assert pool.take("another key") is None
        assert pool.take("key") is parked
        assert pool.take("key") is None
        other.write(b"hello")
        assert await parked.reader.read(10) == b"hello"
        parked.writer.write(b"and back")
        await parked.writer.drain()
        assert len(pool) == 0

    with_connections(check)


def test_the_one_that_has_waited_least_is_handed_out_first() -> None:
    async def check(opens: Open) -> None:
        pool = Pool()
        first, second = (await opens())[0], (await opens())[0]
        pool.park("key", first)
        pool.park("key", second)
        assert [pool.take("key"), pool.take("key")] == [second, first]

    with_connections(check)


@pytest.mark.parametrize("what", ["bytes", "end", "reset"])
def test_one_that_says_anything_while_it_waits_is_closed(what: str) -> None:
    async def check(opens: Open) -> None:
        pool = Pool()
        parked, other = await opens()
        pool.park("key", parked)
        if what == "bytes":
            other.write(b"x")
        elif what == "end":
            other.close()
        else:
            other.transport.abort()
        await until(lambda: len(pool) == 0)
        assert parked.writer.transport.is_closing()
        assert pool.take("key") is None

    with_connections(check)


@pytest.mark.parametrize("what", ["bytes", "end"])
def test_what_the_kernel_has_and_the_loop_has_not_read_yet_counts_too(what: str) -> None:
    async def check(opens: Open) -> None:
        pool = Pool()
        parked, other = await opens()
        pool.park("key", parked)
        # No await from here on: the loop does not get to read.
        if what == "bytes":
            other.write(b"x")
        else:
            other.get_extra_info("socket")._sock.shutdown(2)
        assert pool.take("key") is None
        assert parked.writer.transport.is_closing()

    with_connections(check)


def test_one_with_something_unread_or_unsent_is_not_parked() -> None:
    async def check(opens: Open) -> None:
        pool = Pool()
        unread, other = await opens()
        other.write(b"x")
        await until(lambda: unread.reader._buffer)  # type: ignore[attr-defined]
        pool.park("key", unread)
        unsent, _ = await opens()
        unsent.writer.write(b"y" * 50_000_000)
        pool.park("key", unsent)
        ended, other = await opens()
        other.close()
        await until(ended.reader.at_eof)
        pool.park("key", ended)
        assert len(pool) == 0
        assert all(one.writer.transport.is_closing() for one in (unread, unsent, ended))
        unsent.writer.transport.abort()

    with_connections(check)


def test_the_longest_waiting_goes_when_a_key_or_the_whole_is_full() -> None:
    async def check(opens: Open) -> None:
        pool = Pool(most=3, most_per_key=2)
        made = [(await opens())[0] for _ in range(5)]
        for one in made[:3]:
            pool.park("a", one)
        assert [one.writer.transport.is_closing() for one in made[:3]] == [True, False, False]
        pool.park("b", made[3])
        pool.park("c", made[4])
        assert made[1].writer.transport.is_closing()
        assert len(pool) == 3

    with_connections(check)


def test_nobody_gets_one_that_has_waited_too_long_and_it_is_closed_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "_SWEEP_S", 0.01)

    async def check(opens: Open) -> None:
        pool = Pool()
        parked, _ = await opens()
        pool.park("key", parked, idle_s=0.02)
        await until(lambda: len(pool) == 0)
        assert parked.writer.transport.is_closing()

    with_connections(check)


def test_nor_one_that_is_too_old_at_all_nor_one_whose_upstream_allows_no_waiting() -> None:
    async def check(opens: Open) -> None:
        pool = Pool()
        old, hasty = (await opens())[0], (await opens())[0]
        old.made_s -= pools.AGE_S
        pool.park("key", old)
        pool.park("key", hasty, idle_s=-1.0)
        assert len(pool) == 0

    with_connections(check)


def test_all_are_closed_when_it_is_cleared() -> None:
    async def check(opens: Open) -> None:
        pool = Pool()
        made = [(await opens())[0] for _ in range(3)]
        for number, one in enumerate(made):
            pool.park(number, one)
        pool.clear()
        assert len(pool) == 0
        assert all(one.writer.transport.is_closing() for one in made)

    with_connections(check)
