"""What a translation costs by itself, beside reading the same events as the passthrough does.

    PYTHONPATH=addon:scripts python -m bench_suite.translating

Per pair: microseconds of one core per chunk of a stream, parsing of its frame included, and milliseconds per 100 KB of
request. The provider's side of each stream is written by the translation's own writer.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from agw.formats.registry import FORMATS
from agw.streaming.sse import Framer, parse
from agw.translate.base import Losses
from agw.translate.deltas import Close, Counted, Delta, End, Finish, Grow, Open, Start
from agw.translate.neutral import Request, Role, Stop, Text, ToolCall, ToolResult, Turn
from agw.translate.registry import SPOKES, can_translate, translator
from agw.usage import Usage

CHUNKS = 4000
REQUEST_BYTES = 100_000
ROUNDS = 5


def deltas() -> Iterator[Delta]:
    yield Start("resp_1", "told-model", 1_700_000_000)
    yield Open(0, Text(""))
    for number in range(CHUNKS):
        yield Grow(0, f" word{number % 100}")
    yield Close(0)
    yield Open(1, ToolCall("call_1", "weather", ""))
    yield Grow(1, '{"city":"Oslo"}')
    yield Close(1)
    yield Finish(Stop.TOOL_CALLS)
    yield Counted(Usage(1000, 2000, 3000))
    yield End()


def small(client: str) -> dict[str, Any]:
    """A request of one turn."""
    return SPOKES[client].write_request(conversation(turns=1), Losses())


def conversation(turns: int) -> Request:
    """An agent's conversation: text, a call, its result, over and over."""
    said = []
    for number in range(turns):
        said.append(Turn(Role.USER, (Text(f"Question {number}: " + "why is it so? " * 20),)))
        call = ToolCall(f"c{number}", "read", '{"path":"a.py"}')
        said.append(Turn(Role.ASSISTANT, (Text("Let me look. " * 10), call)))
        said.append(Turn(Role.USER, (ToolResult(f"c{number}", (Text("def f():\n    return 1\n" * 40),)),)))
    return Request(model="m", turns=tuple(said), family="openai")


def best(work: Callable[[], object]) -> float:
    """Seconds of the fastest of some rounds: the one that the machine disturbed least."""
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def stream_of(wire: str) -> bytes:
    asked = SPOKES[wire].read_request(small(wire), Losses())
    writer = SPOKES[wire].stream_writer(asked, Losses())
    return b"".join(data for delta in deltas() for data in writer.write(delta))


def chunk_cost_us(client: str, wire: str, data: bytes) -> float:
    def work() -> None:
        one = translator(client, wire)
        one.request(small(client))
        for block in Framer().feed(data):
            if (event := parse(block)) is not None:
                one.event(event)
        one.end()

    return best(work) / CHUNKS * 1e6


def passthrough_cost_us(wire: str, data: bytes) -> float:
    def work() -> None:
        fold = FORMATS[wire].fold(keep_content=False)
        for block in Framer().feed(data):
            if (event := parse(block)) is not None:
                fold.feed(event)

    return best(work) / CHUNKS * 1e6


def request_cost_ms(client: str, wire: str) -> float:
    """Milliseconds per 100 KB; what parses and writes JSON stands outside, as it does for every body."""
    body = SPOKES[client].write_request(conversation(turns=70), Losses())
    size = len(json.dumps(body))
    return best(lambda: translator(client, wire).request(body)) * 1e3 * REQUEST_BYTES / size


def main() -> None:
    print(f"{'client':<18}{'wire':<18}{'µs/chunk':>10}{'passthrough':>13}{'ms/100 KB':>11}")
    for wire in SPOKES:
        if not any(can_translate(wire, other) for other in SPOKES):
            continue  # Nobody writes this one: it has no clients.
        data = stream_of(wire)
        plain = passthrough_cost_us(wire, data)
        for client in SPOKES:
            if can_translate(client, wire):
                streamed, asked = chunk_cost_us(client, wire, data), request_cost_ms(client, wire)
                print(f"{client:<18}{wire:<18}{streamed:>10.1f}{plain:>13.1f}{asked:>11.2f}")


if __name__ == "__main__":
    main()
