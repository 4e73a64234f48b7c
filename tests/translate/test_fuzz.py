"""Whatever an app or a provider sends: a request may be refused, nothing else may happen."""

from __future__ import annotations

import contextlib
import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agw.errors import BadRequest
from agw.streaming.sse import SseEvent
from agw.translate.registry import SPOKES, can_translate, translator
from support.json_bodies import bodies

PAIRS = [(client, wire) for client, wire in itertools.product(SPOKES, SPOKES) if can_translate(client, wire)]
REQUESTS: dict[str, dict[str, Any]] = {
    "completions": {"model": "m", "messages": [{"role": "user", "content": "Hi"}]},
    "messages": {"model": "m", "messages": [{"role": "user", "content": "Hi"}]},
    "responses": {"model": "m", "input": "Hi"},
    "generateContent": {"model": "m", "contents": [{"role": "user", "parts": [{"text": "Hi"}]}]},
}
KEYS = """model messages role content type text tools tool_choice function name arguments input output system source data url
 media_type image_url file file_data file_id tool_calls tool_call_id id call_id tool_use_id index delta choices message
 finish_reason stop_reason usage input_tokens output_tokens prompt_tokens item item_id output_index content_index
 content_block part parts response status error summary encrypted_content signature thinking reasoning_content
 reasoning_details annotations citations citation stop thinking budget_tokens effort reasoning response_format
 json_schema schema format instructions functions custom parameters description strict metadata namespace
 cache_control ttl allowed_tools mode refusal incomplete_details reason logprobs seed n max_tokens""".split()  # noqa: SIM905
WORDS = """user assistant system developer tool function text input_text output_text refusal image image_url input_image file
 input_file document base64 url content tool_use tool_result thinking redacted_thinking function_call message reasoning
 function_call_output custom_tool_call custom namespace auto none required any allowed_tools json_schema json_object
 text_delta input_json_delta thinking_delta signature_delta citations_delta completed incomplete failed stop length
 tool_calls web_search enabled adaptive disabled ephemeral a b {} {"a":1} data:image/png;base64,aQ== low high""".split()  # noqa: SIM905
EVENTS = """message_start content_block_start content_block_delta content_block_stop message_delta message_stop ping error
 response.created response.in_progress response.output_item.added response.content_part.added response.output_text.delta
 response.refusal.delta response.content_part.done response.function_call_arguments.delta response.output_item.done
 response.reasoning_summary_text.delta response.reasoning_text.delta response.output_text.annotation.added
 response.custom_tool_call_input.delta response.completed response.incomplete response.failed""".split()  # noqa: SIM905
BODIES = bodies(KEYS, WORDS)


@pytest.mark.parametrize(("client", "wire"), PAIRS)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_a_request_is_translated_or_refused(client: str, wire: str, data: st.DataObject) -> None:
    # Half of the time the frame is right, so that what stands in it is reached.
    body = data.draw(BODIES)
    if data.draw(st.booleans()):
        listed = data.draw(st.lists(BODIES, max_size=4))
        extra = data.draw(st.lists(BODIES, max_size=2))
        for one in listed:
            one.setdefault("role", data.draw(st.sampled_from(["user", "assistant", "system"])))
        body = {**REQUESTS[client], "messages": listed, "input": listed, "tools": extra, "contents": listed}
    with contextlib.suppress(BadRequest):
        json.dumps(translator(client, wire).request(body).body)


@pytest.mark.parametrize(("client", "wire"), PAIRS)
@settings(max_examples=50, deadline=None)
@given(body=BODIES, status=st.integers(300, 599), asked=st.booleans())
def test_an_answer_and_an_error_never_break_it(
    client: str, wire: str, body: dict[str, Any], status: int, asked: bool
) -> None:
    one = translator(client, wire)
    if asked:
        one.request(REQUESTS[client])
    json.dumps(one.answer(body))
    json.dumps(one.error(status, body))
    json.dumps(one.error(status, None))


@pytest.mark.parametrize(("client", "wire"), PAIRS)
@settings(max_examples=50, deadline=None)
@given(events=st.lists(st.tuples(st.sampled_from(EVENTS), BODIES), max_size=12), junk=st.text(max_size=9))
def test_a_stream_never_breaks_it_and_always_ends(
    client: str, wire: str, events: list[tuple[str, dict[str, Any]]], junk: str
) -> None:
    one = translator(client, wire)
    one.request(REQUESTS[client])
    out = one.event(SseEvent("", junk))
    for name, body in events:
        out += one.event(SseEvent(name, json.dumps({**body, "type": name})))
        out += one.event(SseEvent("", json.dumps(body)))
    out += one.end()
    assert one.end() == []
    assert one.event(SseEvent("message_stop", "{}")) == []
    # Complete, or visibly not: an answer that broke off must not look whole.
    assert out
    assert all(piece.endswith(b"\n\n") for piece in out)


@pytest.mark.parametrize(("client", "wire"), [pair for pair in PAIRS if pair[0] != "generateContent"])
def test_a_request_nested_without_end_is_refused(client: str, wire: str) -> None:
    deep: dict[str, Any] = {"type": "tool_result", "tool_use_id": "t", "content": "x"}
    for _ in range(3000):
        deep = {"type": "tool_result", "tool_use_id": "t", "content": [deep]}
    body = {**REQUESTS[client], "messages": [{"role": "user", "content": [deep]}], "input": [deep]}
    with pytest.raises(BadRequest):
        translator(client, wire).request(body)
