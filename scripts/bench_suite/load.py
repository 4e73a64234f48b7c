"""The load generator, a process of its own: closed loop, one call at a time on each of N connections.

A protocol on the bare event loop, since an HTTP library would cost more than the proxies that it measures. It reads
just enough HTTP/1.1 to find an answer's end. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from dataclasses import asdict, dataclass, field

from standin_provider.fast import raise_file_limit

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_MARK = re.compile(rb"@(\d{19})@")
_KEPT_BYTES = 24
"""Of a stream: enough for a mark or an end that was cut in two."""
_END = b"0\r\n\r\n"
MOST_SAMPLES = 200_000


@dataclass
class Load:
    """What to send. ``seconds`` ends the run, or ``calls``, whichever comes first.

    With ``ramp_s`` the connections begin evenly spread over so many seconds; ``seconds`` count from then on, and times
    are only taken while all are under way.
    """

    port: int
    path: str = "/v1/chat/completions"
    concurrency: int = 1
    seconds: float = 0.0
    calls: int = 0
    stream: bool = False
    chunks: int = 100
    chunk_delay_ms: float = 0.0
    new_connections: bool = False
    ramp_s: float = 0.0
    prompt_bytes: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def request(self) -> bytes:
        model = f"standin-chunks-{self.chunks}+chunk-delay-ms-{self.chunk_delay_ms:g}" if self.stream else "gpt-4o-mini"
        body = {
            "model": model,
            "messages": [{"role": "user", "content": "x" * self.prompt_bytes}],
            **({"stream": True} if self.stream else {}),
        }
        data = json.dumps(body).encode()
        head = (
            f"POST {self.path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer sk-app\r\ncontent-length: {len(data)}\r\n"
            + "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
            + "\r\n"
        )
        return head.encode() + data


@dataclass
class Result:
    """Times are milliseconds; ``delay_ms`` is how long an event was on its way from the provider."""

    calls: int = 0
    errors: int = 0
    error: str = ""
    elapsed_s: float = 0.0
    total_ms: list[float] = field(default_factory=list)
    first_ms: list[float] = field(default_factory=list)
    delay_ms: list[float] = field(default_factory=list)


class Run:
    """All connections of one run."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.request = load.request()
        self.result = Result()
        self.started = 0
        self._open = 0
        self._connecting: set[asyncio.Task[None]] = set()
        self.done = asyncio.Event()
        self._begin_ns = self._last_ns = time.monotonic_ns()
        self._full_ns = self._begin_ns + int(load.ramp_s * 1e9)
        self._deadline_ns = self._full_ns + int(load.seconds * 1e9) if load.seconds else None

    async def go(self) -> Result:
        self._open = self.load.concurrency
        for one in range(self.load.concurrency):
            if self.load.ramp_s:
                due_ns = self._begin_ns + int(self.load.ramp_s * 1e9 * one / self.load.concurrency)
                await asyncio.sleep(max(0, due_ns - time.monotonic_ns()) / 1e9)
            self.connect_soon()
            if one % 100 == 99:
                await asyncio.sleep(0)
        await self.done.wait()
        self.result.elapsed_s = (self._last_ns - self._begin_ns) / 1e9
        return self.result

    def connect_soon(self) -> None:
        task = asyncio.get_running_loop().create_task(self._connect())
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: _Client(self), "127.0.0.1", self.load.port)
        except OSError as error:
            self.failed(f"connect: {error}")
            self.closed()

    def take(self) -> bool:
        """Whether another call shall be made."""
        over = self._deadline_ns is not None and time.monotonic_ns() >= self._deadline_ns
        if over or (self.load.calls and self.started >= self.load.calls):
            return False
        self.started += 1
        return True

    def timed(self, now_ns: int) -> bool:
        """Whether what comes now counts for the times: not before all connections have begun, nor when they end."""
        if not self.load.ramp_s:
            return True
        return now_ns >= self._full_ns and (self._deadline_ns is None or now_ns < self._deadline_ns)

    def finished(self, sent_ns: int, first_ns: int, now_ns: int) -> None:
        result = self.result
        result.calls += 1
        self._last_ns = now_ns
        if len(result.total_ms) < MOST_SAMPLES and self.timed(first_ns):
            result.total_ms.append((now_ns - sent_ns) / 1e6)
            result.first_ms.append((first_ns - sent_ns) / 1e6)

    def failed(self, why: str) -> None:
        self.result.errors += 1
        self.result.error = self.result.error or why

    def closed(self) -> None:
        self._open -= 1
        if self._open == 0:
            self.done.set()


class _Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._transport: asyncio.Transport | None = None
        self._in_call = self._reconnecting = False
        self._sent_ns = self._first_ns = 0
        self._left: int | None = None
        self._chunked = False
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._reconnecting:
            return
        if self._in_call:
            self._run.failed(f"connection lost: {exc or 'closed before the end of the answer'}")
        self._run.closed()

    def _next(self) -> None:
        assert self._transport is not None
        if not self._run.take():
            self._transport.close()
            return
        self._in_call, self._left, self._chunked, self._buffer, self._first_ns = True, None, False, b"", 0
        self._sent_ns = time.monotonic_ns()
        self._transport.write(self._run.request)

    def data_received(self, data: bytes) -> None:
        now_ns = time.monotonic_ns()
        self._buffer += data
        if not self._chunked and self._left is None and not self._head():
            return
        if not self._first_ns and self._buffer:
            self._first_ns = now_ns
        if self._chunked:
            self._read_marks(now_ns)
            if self._buffer.endswith(_END):
                self._end(now_ns)
        elif self._left is not None and len(self._buffer) >= self._left:
            self._end(now_ns)

    def _head(self) -> bool:
        """Takes the head off the buffer once it is whole."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
        if head[9:12] != b"200":
            self._run.failed(f"status {head[9:12].decode('latin1')} {self._buffer[:200].decode('latin1')}")
        if length := _LENGTH.search(head):
            self._left = int(length[1])
        else:
            self._chunked = True
        return True

    def _read_marks(self, now_ns: int) -> None:
        delays, end = self._run.result.delay_ms, 0
        timed = self._run.timed(now_ns)
        for mark in _MARK.finditer(self._buffer):
            end = mark.end()
            if timed and len(delays) < MOST_SAMPLES:
                delays.append((now_ns - int(mark[1])) / 1e6)
        self._buffer = self._buffer[max(end, len(self._buffer) - _KEPT_BYTES) :]

    def _end(self, now_ns: int) -> None:
        assert self._transport is not None
        self._in_call = False
        self._run.finished(self._sent_ns, self._first_ns, now_ns)
        if self._run.load.new_connections:
            self._reconnecting = True
            self._transport.close()
            self._run.connect_soon()
        else:
            self._next()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("load", help="a Load as JSON")
    raise_file_limit()
    load = Load(**json.loads(parser.parse_args().load))

    async def run() -> Result:
        return await Run(load).go()

    print(json.dumps(asdict(asyncio.run(run()))))


if __name__ == "__main__":
    main()
