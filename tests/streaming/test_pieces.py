"""However a stream is cut, the same is read of it: also where a piece is one event that has been seen before."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agw.formats.registry import FORMATS
from agw.streaming.reader import AnswerReader
from agw.streaming.tap import PassingTap, Tap, UsageRemovingTap


def event(delta: dict[str, Any], end: bytes = b"\n\n", **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return b"data: " + json.dumps({"id": "c", "model": "m", "choices": [choice], "usage": None, **more}).encode() + end


EVENTS = [
    event({"role": "assistant", "content": ""}),
    *(event({"content": text}) for text in ("one", "two", 'a "quote"', "", "line\n\n", "é")),
    event({"content": "three"}, b"\r\n\r\n"),
    event({"content": "four"}, b"\n\n\n"),
    event({"content": "five"}),
    event({"content": "six"}, usage={"prompt_tokens": 3, "completion_tokens": 7}),
    b"data: [DONE]\n\n",
]


def read(kind: type[Tap], pieces: list[bytes]) -> tuple[object, ...]:
    form = FORMATS["completions"]
    reader = AnswerReader(
        form, content_type="text/event-stream", content_encoding="", keep_content=False, now_ns=lambda: 1
    )
    tap = kind(reader, lambda: 1)
    passed = b"".join(out if isinstance(out, bytes) else b"".join(out) for out in map(tap, [*pieces, b""]))
    return passed, reader.facts(), reader.notes(), tap.sha256(), tap.passed_bytes


@pytest.mark.parametrize("kind", [PassingTap, UsageRemovingTap])
@pytest.mark.parametrize("size", [1, 7, 100, 171])
def test_the_cut_changes_nothing(kind: type[Tap], size: int) -> None:
    whole = b"".join(EVENTS)
    cut = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert read(kind, EVENTS) == read(kind, cut) == read(kind, [whole])
