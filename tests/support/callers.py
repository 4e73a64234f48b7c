"""Many clients at once, each on a connection of its own, each sure of the only answer that may be its own."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import Counter
from dataclasses import dataclass, field

_LINES = re.compile(rb"line-\d+-\d+-x")


@dataclass
class Seen:
    """What became of the calls. ``mixed`` names those that got something of another's."""

    statuses: Counter[int] = field(default_factory=Counter)
    mixed: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    left_early: int = 0


def request(line: str, manners: str, *, close: bool = False, padding: int = 0, path: str = "/v1") -> bytes:
    stream = manners.endswith("stream")
    content = f"{line} {'y' * padding}"
    body = json.dumps({"model": manners, "messages": [{"role": "user", "content": content}], "stream": stream}).encode()
    head = f"POST {path}/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n"
    return (head + ("connection: close\r\n" if close else "") + "\r\n").encode() + body


async def call(port: int, sent: bytes) -> tuple[int, bytes]:
    """One call on a new connection: status, and head and body as they came. 0: no answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        return await answer(reader)
    finally:
        writer.close()
        await writer.wait_closed()


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        if found := re.search(rb"content-length: *(\d+)", head, re.IGNORECASE):
            return status, head + await reader.readexactly(int(found[1]))
        if b"chunked" not in head.lower():
            return status, head
        return status, head + await reader.readuntil(b"0\r\n\r\n")
    except (asyncio.IncompleteReadError, OSError):
        return 0, b""


async def storm(port: int, manners: tuple[str, ...], *, clients: int, calls: int, seed: int) -> Seen:
    """Each client makes its calls one after the other, sometimes two on one connection, sometimes leaving midway."""
    seen, draw = Seen(), random.Random(seed)
    plans = [
        [(draw.choice(manners), draw.random(), draw.random() < 0.3, draw.choice((0, 0, 20_000))) for _ in range(calls)]
        for _ in range(clients)
    ]

    async def client(number: int) -> None:
        for at, (manner, fate, close, padding) in enumerate(plans[number]):
            line = f"line-{number}-{at}-x"
            sent = request(line, manner, close=close, padding=padding)
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                if fate < 0.15:
                    await _leave(reader, writer, sent, fate)
                    seen.left_early += 1
                    continue
                writer.write(sent)
                status, came = await asyncio.wait_for(answer(reader), 20)
                _judge(seen, line, status, came)
                ends = close or b"connection: close" in came.lower()
                if fate > 0.8 and status == 200 and not ends:
                    again = f"line-{number}-{at + 1000}-x"
                    writer.write(request(again, "whole"))
                    status, came = await asyncio.wait_for(answer(reader), 20)
                    _judge(seen, again, status, came)
            finally:
                writer.close()

    await asyncio.gather(*(client(number) for number in range(clients)))
    return seen


async def _leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: bytes, fate: float) -> None:
    """With half of a request sent, before an answer, or in the midst of one."""
    if fate < 0.04:
        writer.write(sent[: len(sent) // 2])
    else:
        writer.write(sent)
        if fate > 0.08:
            await asyncio.wait_for(reader.read(100), 20)
    await writer.drain()
    if fate > 0.11:
        writer.transport.abort()


def _judge(seen: Seen, line: str, status: int, came: bytes) -> None:
    seen.statuses[status] += 1
    lines = set(_LINES.findall(came))
    if lines - {line.encode()}:
        seen.mixed.append(f"{line} got {lines}")
    elif status == 200 and not lines:
        seen.unanswered.append(line)
