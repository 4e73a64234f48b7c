"""Realtime: one turn for each response, whatever else the connection carries."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from agw.formats.registry import FORMATS
from agw.usage import Usage

USAGE = {
    "total_tokens": 253, "input_tokens": 132, "output_tokens": 121,
    "input_token_details": {"text_tokens": 119, "audio_tokens": 13, "image_tokens": 0, "cached_tokens": 64,
                            "cached_tokens_details": {"text_tokens": 64, "audio_tokens": 0}},
    "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
}  # fmt: skip
DONE = {
    "type": "response.done",
    "response": {
        "id": "resp_1", "object": "realtime.response", "status": "completed", "status_details": None, "usage": USAGE,
        "output": [{"id": "item_1", "type": "message", "role": "assistant",
                    "content": [{"type": "output_audio", "transcript": "Hello!"}]}],
    },
}  # fmt: skip


def played(*events, keep_content=True):
    fold = FORMATS["realtime"].fold(keep_content=keep_content)
    turns = [turn for now, one in enumerate(events, 1) if (turn := fold.received(json.dumps(one), now))]
    return fold, turns


def test_each_response_is_a_turn_with_its_usage_and_times():
    _, turns = played(
        {"type": "session.created", "session": {"model": "gpt-realtime"}},
        {"type": "response.created", "response": {"id": "resp_1"}},
        {"type": "response.output_audio.delta", "delta": "AAAA"},
        {"type": "response.output_audio.delta", "delta": "AAAA"},
        DONE,
        {"type": "response.created", "response": {"id": "resp_1"}},
        {
            **DONE,
            "response": {**DONE["response"], "status": "incomplete", "status_details": {"reason": "max_output_tokens"}},
        },
    )
    first, second = turns
    assert first.answer.usage == Usage(132, 121, 253, cache_read_tokens=64, input_audio_tokens=13, output_audio_tokens=91,
                                       input_image_tokens=0)  # fmt: skip
    assert (first.start_ns, first.first_token_ns, first.end_ns, first.model) == (2, 3, 5, "gpt-realtime")
    assert first.answer.finish_reasons == ("stop",)
    assert first.output_messages[0]["parts"] == [{"type": "text", "content": "Hello!"}]
    assert (second.start_ns, second.first_token_ns, second.answer.finish_reasons) == (6, None, ("length",))


def test_a_failed_response_and_a_broken_one_are_told():
    failed = {"id": "r", "status": "failed", "status_details": {"error": {"type": "rate_limit", "message": "later"}}}
    fold, turns = played({"type": "response.done", "response": failed})
    assert (turns[0].answer.error_type, turns[0].answer.error_message) == ("rate_limit", "later")
    fold.received(json.dumps({"type": "response.created"}), 5)
    broken = fold.end(9)
    assert (broken.start_ns, broken.end_ns, broken.broken_off, broken.answer.usage) == (5, 9, True, None)
    assert fold.end(10) is None


def test_content_is_kept_only_when_asked_for():
    assert played(DONE, keep_content=False)[1][0].output_messages is None


@given(st.dictionaries(st.sampled_from(["type", "response", "session", "error"]), st.recursive(
    st.none() | st.sampled_from(["response.done", "response.created", "error", "x.delta", "session.updated"]) | st.integers(),
    lambda one: st.lists(one, max_size=2) | st.dictionaries(
        st.sampled_from(["status", "usage", "output", "content", "status_details", "model", "type", "error"]), one, max_size=3),
    max_leaves=6)))  # fmt: skip
def test_no_message_of_any_shape_raises(body):
    fold, _ = played(body)
    fold.sent(json.dumps(body) + '"session.update"')
    fold.facts()
    fold.end(1)
    FORMATS["realtime"].read_request(body)
