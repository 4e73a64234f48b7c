"""A client connection that is over is freed at once, and needs no garbage collector for it; by TLS or without."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import pytest

from standin_provider.certificate import make_certificate
from support.between import between

REQUEST = b"POST /v1/x HTTP/1.1\r\nHost: example\r\nContent-Length: 5\r\n\r\nhello"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + b"answer!" * 10_000


async def provider(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.readexactly(len(REQUEST)) == REQUEST:
        writer.write(ANSWER)


@pytest.mark.parametrize("without", [(), ("unpaused",), ("whole",), ("handover",), ("clients",)])
@pytest.mark.parametrize("by_tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("shares", [True, False], ids=["shared", "private"])
def test_nothing_is_left_of_a_client_that_has_gone(
    tmp_path: Path, shares: bool, by_tls: bool, without: tuple[str, ...]
) -> None:
    async def inside() -> None:
        certificate = make_certificate(tmp_path) if by_tls else None
        async with between(tmp_path, provider, certificate=certificate, shares=shares, without=without) as proxy:
            gc.collect()
            gc.disable()
            try:
                for _ in range(5):
                    reader, writer = await proxy.connect()
                    writer.write(REQUEST)
                    assert await reader.readexactly(len(ANSWER)) == ANSWER
                    writer.close()
                    await writer.wait_closed()
                await proxy.all_are_over()
                assert proxy.upstream_connections == (1 if shares else 5)
                assert proxy.port.served == (0 if "clients" in without else 5)
                assert [ref() for ref in proxy.handlers] == [None] * 5
            finally:
                gc.enable()

    asyncio.run(inside())
