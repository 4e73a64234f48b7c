"""A client that is served without a task lives as mitmproxy would have it, hook by hook, whatever it does."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from support.between import Between, between

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
SWITCHED = b"HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
REQUEST = b"GET /a HTTP/1.1\r\nHost: example\r\n\r\n"
UPGRADE = b"GET /up HTTP/1.1\r\nHost: example\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
MITMPROXY = ("clients", "handover", "reads", "tasks", "inline", "sharing", "whole")
"""The pieces that have a say in how connections are served."""
LATER_S = 0.03

Life = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]]


class Provider:
    def __init__(self) -> None:
        self.writers: list[asyncio.StreamWriter] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        while head := await reader.readuntil(b"\r\n\r\n"):
            if head == UPGRADE:
                writer.write(SWITCHED)
                while data := await reader.read(100):
                    writer.write(b"<" + data + b">")
                return
            await asyncio.sleep(LATER_S)
            writer.write(ANSWER)


class Watcher:
    def __init__(self) -> None:
        self.seen: list[str] = []

    def client_connected(self, client: Any) -> None:
        self.seen.append("client connected")

    def client_disconnected(self, client: Any) -> None:
        self.seen.append(f"client disconnected {client.state.name}")

    def server_connected(self, data: Any) -> None:
        self.seen.append("server connected")

    def server_disconnected(self, data: Any) -> None:
        self.seen.append(f"server disconnected {data.server.state.name}")

    def request(self, flow: Any) -> None:
        self.seen.append("request")

    def response(self, flow: Any) -> None:
        self.seen.append("response")

    def error(self, flow: Any) -> None:
        self.seen.append(f"error {flow.error.msg}")


# Of add-ons that it does not know nobody can tell whether they must be awaited.
Watcher.__module__ = "agw.watcher"


async def rest_of(reader: asyncio.StreamReader) -> object:
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    except OSError as error:
        return type(error).__name__


def reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> object:
    writer.write_eof()
    return await rest_of(reader)


async def ends_with_its_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> object:
    writer.write(REQUEST)
    writer.write_eof()
    return await rest_of(reader)


async def ends_during_its_call(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> object:
    writer.write(REQUEST)
    await asyncio.sleep(LATER_S / 3)
    writer.write_eof()
    return await rest_of(reader)


async def asks_three_times_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> object:
    writer.write(REQUEST * 3)
    answers = await reader.readexactly(len(ANSWER) * 3)
    writer.write_eof()
    return answers, await rest_of(reader)


async def ends_within_its_next_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> object:
    writer.write(REQUEST + REQUEST[:20])
    answer = await reader.readexactly(len(ANSWER))
    writer.write_eof()
    return answer, await rest_of(reader)


async def speaks_no_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> object:
    writer.write(b"\x00\x01 what\r\n\r\n")
    return await rest_of(reader)


async def speaks_no_http_later(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> object:
    writer.write(REQUEST)
    answer = await reader.readexactly(len(ANSWER))
    writer.write(b"what\r\n\r\n")
    return answer, await rest_of(reader)


async def is_reset_during_its_call(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> object:
    writer.write(REQUEST)
    await asyncio.sleep(LATER_S / 3)
    return reset(writer)


async def is_reset_after_its_call(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> object:
    writer.write(REQUEST)
    await reader.readexactly(len(ANSWER))
    return reset(writer)


async def speaks_http_1_0(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> object:
    writer.write(REQUEST.replace(b"1.1", b"1.0"))
    return await rest_of(reader)


async def upgrades(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> object:
    writer.write(UPGRADE)
    head = await reader.readuntil(b"\r\n\r\n")
    writer.write(b"hi")
    echo = await reader.readexactly(4)
    writer.write_eof()
    return head, echo, await rest_of(reader)


LIVES = [
    *(
        says_nothing,
        ends_with_its_request,
        ends_during_its_call,
        asks_three_times_at_once,
        ends_within_its_next_request,
    ),
    *(
        speaks_no_http,
        speaks_no_http_later,
        is_reset_during_its_call,
        is_reset_after_its_call,
        speaks_http_1_0,
        upgrades,
    ),
]


async def lived(folder: Path, life: Life, *without: str, timeout_s: int = 600) -> tuple[object, list[str], list[str]]:
    """What the second client gets that has lived so after a call, what add-ons saw, what the event loop was told."""
    told: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(str(context)))
    watcher, found = Watcher(), None
    async with between(folder, Provider(), watcher, without=without) as proxy:
        for number in range(2):
            proxy.master.options.tcp_timeout = timeout_s if number else 600
            reader, writer = await proxy.connect()
            writer.write(REQUEST)
            assert await reader.readexactly(len(ANSWER)) == ANSWER
            if number:
                found = await life(reader, writer)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            await proxy.all_are_over()
        assert proxy.port.served == (0 if without else 2)
    return found, watcher.seen, told


@pytest.mark.parametrize("life", LIVES)
def test_a_client_without_a_task_lives_as_ever(tmp_path: Path, life: Life) -> None:
    fast = asyncio.run(lived(tmp_path, life))
    assert fast == asyncio.run(lived(tmp_path, life, *MITMPROXY))
    assert fast[2] == []


def test_one_that_is_silent_for_too_long_is_cut_off_as_ever(tmp_path: Path) -> None:
    async def is_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> object:
        return await rest_of(reader)

    fast = asyncio.run(lived(tmp_path, is_silent, timeout_s=1))
    assert fast == asyncio.run(lived(tmp_path, is_silent, *MITMPROXY, timeout_s=1))
    assert fast[2] == []


@pytest.mark.parametrize("without", [(), ("clients",), ("handover",)])
@pytest.mark.parametrize("is_second", [True, False])
def test_what_comes_while_a_hooks_end_is_still_to_be_told_waits_for_it(
    tmp_path: Path, without: tuple[str, ...], is_second: bool
) -> None:
    class Awaited:
        """Has a hook that must be awaited, and that never has to wait."""

        async def request(self, flow: Any) -> None:
            pass

    async def crossed(*without: str) -> tuple[list[bytes], list[str]]:
        told: list[str] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(str(context)))
        provider = Provider()

        async def answered(proxy: Between) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            reader, writer = await proxy.connect()
            writer.write(REQUEST)
            assert await reader.readexactly(len(ANSWER)) == ANSWER
            return reader, writer

        async with between(tmp_path, provider, Awaited(), without=without) as proxy:
            if is_second:
                (await answered(proxy))[1].close()
                await proxy.all_are_over()
            reader, writer = await answered(proxy)
            # Both come in one turn of the loop.
            writer.write(REQUEST)
            provider.writers[-1].write(TIMED_OUT)
            provider.writers[-1].close()
            async with asyncio.timeout(10):
                came = await reader.read(len(ANSWER))
            writer.close()
            await proxy.all_are_over()
            return [came[:12]], told

    assert asyncio.run(crossed(*without)) == asyncio.run(crossed("reads"))
