"""How the load generator's connections begin, and what it takes the times of."""

from __future__ import annotations

import asyncio
import time

from bench_suite.load import Load, Result, Run


async def _run(**what: float) -> tuple[Result, list[float]]:
    """The result, and when each of four connections came."""
    came: list[float] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(time.monotonic())
        while await reader.read(65536):
            await asyncio.sleep(0.01)
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        result = await Run(Load(server.sockets[0].getsockname()[1], concurrency=4, **what)).go()
    return result, came


def test_connections_begin_together_and_all_calls_are_timed() -> None:
    result, came = asyncio.run(_run(seconds=0.3))
    assert max(came) - min(came) < 0.25
    assert len(result.total_ms) == len(result.first_ms) == result.calls


def test_a_ramp_spreads_them_and_times_are_taken_once_all_are_under_way() -> None:
    result, came = asyncio.run(_run(seconds=0.3, ramp_s=0.4))
    assert max(came) - min(came) > 0.25
    gaps = [later - earlier for earlier, later in zip(sorted(came), sorted(came)[1:], strict=False)]
    assert max(gaps) < 0.25
    assert 0 < len(result.total_ms) < result.calls
    assert result.elapsed_s > 0.6
    assert result.errors == 0
