"""Every order of pieces that a provider's API allows, and some that servers have been seen to use."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agw.streaming.sse import SseEvent
from agw.translate.base import Losses
from agw.translate.deltas import Close, Delta, End, Failed, Finish, Grow, Open, Start
from agw.translate.neutral import Text
from agw.translate.registry import SPOKES, translator
from support.sdk_folds import folded
from translate.test_fuzz import BODIES, EVENTS, REQUESTS

CALLS = [{"city": "Oslo"}, {}, {"a": [1, {"b": "}"}], "c": 'say "hi"'}]


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "model": "m",
        "created": 1,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        **more,
    }


def piece(index: int, arguments: str, **more: Any) -> dict[str, Any]:
    return {"index": index, "function": {"arguments": arguments}, **more}


@pytest.mark.parametrize("client", ["messages", "responses"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_pieces_of_parallel_calls_may_be_mixed_in_any_way(client: str, data: st.DataObject) -> None:
    texts = [json.dumps(one) if one else "" for one in CALLS]
    cuts = [data.draw(st.lists(st.integers(0, len(text)), max_size=4).map(sorted)) for text in texts]
    left = []
    for index, (text, cut) in enumerate(zip(texts, cuts, strict=True)):
        opening = {
            "index": index,
            "id": f"call_{index}",
            "type": "function",
            "function": {"name": f"f{index}", "arguments": ""},
        }
        left.append([opening, *(piece(index, text[a:b]) for a, b in zip([0, *cut], [*cut, len(text)], strict=True))])
    chunks = [chunk({"role": "assistant", "content": None})]
    while any(left):
        # A call opens only after those before it; then anyone's next piece may come.
        ready = [
            index
            for index, pieces in enumerate(left)
            if pieces
            and (index == 0 or len(pieces) < len(cuts[index]) + 2 or len(left[index - 1]) < len(cuts[index - 1]) + 2)
        ]
        index = data.draw(st.sampled_from(ready))
        chunks.append(chunk({"tool_calls": [left[index].pop(0)]}))
    chunks.append(chunk({}, "tool_calls"))
    one = translator(client, "completions")
    one.request({**REQUESTS[client], "stream": True})
    out = [made for body in chunks for made in one.event(SseEvent("", json.dumps(body)))] + one.event(
        SseEvent("", "[DONE]")
    )
    answer = folded(client, out)
    if client == "messages":
        assert [block["input"] for block in answer["content"]] == CALLS
    else:
        assert [json.loads(item["arguments"]) for item in answer["output"]] == CALLS


@pytest.mark.parametrize(
    "events",
    [
        [chunk({"content": "Hi"}), chunk({}, "stop", usage={"prompt_tokens": 1, "completion_tokens": 2})],
        [chunk({"content": "Hi"}, "stop"), {"id": "1", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}, "[DONE]"],
        [chunk({"content": "Hi"}, usage={"prompt_tokens": 1, "completion_tokens": 2}), "[DONE]"],
        [chunk({"content": "Hi"}), chunk({}, "stop"), chunk({"content": "late"}), {"id": "1", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}, "[DONE]"],
    ],
    ids=["usage with the end, no [DONE]", "usage of its own", "no finish reason", "words after the end"],
)  # fmt: skip
def test_the_end_and_the_usage_may_come_in_any_place(events: list[Any]) -> None:
    one = translator("messages", "completions")
    one.request({**REQUESTS["messages"], "stream": True})
    data = [body if isinstance(body, str) else json.dumps(body) for body in events]
    answer = folded("messages", [made for text in data for made in one.event(SseEvent("", text))] + one.end())
    assert [block["text"] for block in answer["content"]] == ["Hi"]
    assert (answer["stop_reason"], answer["usage"]["input_tokens"], answer["usage"]["output_tokens"]) == (
        "end_turn",
        1,
        2,
    )


@pytest.mark.parametrize("wire", ["completions", "messages", "responses"])
@settings(max_examples=150, deadline=None)
@given(events=st.lists(st.tuples(st.sampled_from(EVENTS), BODIES), max_size=15))
def test_a_reader_keeps_the_order_that_writers_rely_on_whatever_comes(
    wire: str, events: list[tuple[str, dict[str, Any]]]
) -> None:
    reader = SPOKES[wire].stream_reader(SPOKES[wire].read_request(REQUESTS[wire], Losses()), Losses())
    deltas: list[Delta] = []
    for name, body in events:
        deltas += reader.feed(SseEvent(name, json.dumps({**body, "type": name})))
        deltas += reader.feed(SseEvent("", json.dumps({"id": "1", **body})))
    deltas += reader.end()
    assert isinstance(deltas[0], Start)
    assert isinstance(deltas[-1], End)
    opened: set[int] = set()
    seen = finished = failed = 0
    for at, delta in enumerate(deltas):
        assert not isinstance(delta, Start) or at == 0
        assert not failed or isinstance(delta, End)
        match delta:
            case Open(block=block):
                assert block == seen
                seen += 1
                opened.add(block)
            case Grow(block=block):
                assert block in opened
            case Close(block=block):
                opened.remove(block)
            case Finish():
                finished += 1
            case Failed():
                failed += 1
    assert finished or failed
    assert failed or not opened


def test_a_writer_tells_text_that_comes_with_its_block() -> None:
    for wire in ("completions", "messages", "responses"):
        writer = SPOKES[wire].stream_writer(SPOKES[wire].read_request(REQUESTS[wire], Losses()), Losses())
        out = b"".join(made for delta in (Start("1"), Open(0, Text("whole"))) for made in writer.write(delta))
        assert out.count(b"whole") == 1
