"""The ten ways in which a span that follows its specification still reads wrong (platforms.md §0), one test each."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from agw.config.platform import Platform
from agw.record import Attribution, CallRecord, Content, SpanIds
from agw.telemetry.dialects import DIALECTS
from agw.telemetry.otlp import span_of
from agw.usage import Usage
from support.otlp_receiver import attributes_of
from support.records import PARENT_ID, TRACE_ID, attributed_record, failed_record

ALL = [*DIALECTS]
FOR_LANGFUSE = [Platform.LANGFUSE, Platform.SUPERSET]
FOR_PHOENIX = [Platform.PHOENIX, Platform.OTEL, Platform.SUPERSET]


def found(platform: Platform, record: CallRecord | None = None) -> dict[str, Any]:
    return attributes_of(span_of(record or attributed_record(), DIALECTS[platform]))


@pytest.mark.parametrize("content", [True, False])
@pytest.mark.parametrize("platform", FOR_LANGFUSE)
def test_1_langfuse_never_takes_a_prompts_name_for_the_prompt(platform, content):
    record = attributed_record() if content else replace(attributed_record(), content=None)
    names = found(platform, record)
    assert not [name for name in names if name.startswith("gen_ai.prompt")]
    assert names["langfuse.observation.prompt.name"] == "greet"


def test_2_langsmith_gets_a_root_whose_ids_are_its_own():
    """It drops a span whose parent it never sees; and two calls of one trace must not share a run's id."""
    record = attributed_record()
    span = span_of(record, DIALECTS[Platform.LANGSMITH])
    other = replace(record, ids=SpanIds(TRACE_ID, "b" * 16, PARENT_ID))
    assert not span.parent_span_id
    assert span.trace_id != span_of(other, DIALECTS[Platform.LANGSMITH]).trace_id
    assert span.trace_id == span_of(record, DIALECTS[Platform.LANGSMITH]).trace_id
    told = attributes_of(span)
    assert told["langsmith.metadata.otel_trace_id"] == TRACE_ID
    assert told["langsmith.metadata.otel_parent_span_id"] == PARENT_ID
    assert span_of(record, DIALECTS[Platform.LANGSMITH], root=False).parent_span_id.hex() == PARENT_ID


@pytest.mark.parametrize("platform", [Platform.LANGSMITH, Platform.SUPERSET])
def test_3_a_conversation_is_a_thread_at_langsmith_and_never_a_session(platform):
    names = found(platform)
    assert names["langsmith.metadata.thread_id"] == "conv_1"
    assert not [name for name in names if name.startswith("langsmith.trace.session")]


@pytest.mark.parametrize("platform", FOR_PHOENIX)
def test_4_every_output_message_has_a_finish_reason(platform):
    content = Content(output_messages=[{"role": "assistant", "parts": []}])
    for record in (attributed_record(content=content), replace(failed_record(), content=content)):
        (message,) = json.loads(found(platform, record)["gen_ai.output.messages"])
        assert message["finish_reason"] == ("stop" if record.error is None else "error")


@pytest.mark.parametrize("platform", FOR_PHOENIX)
def test_5_a_tools_answer_stands_under_response_and_alone(platform):
    parts = [
        {"type": "tool_call_response", "id": "1", "result": "one"},
        {"type": "tool_call_response", "id": "2", "response": "two"},
        {"type": "text", "content": "and?"},
    ]
    content = Content(input_messages=[{"role": "user", "parts": parts}])
    messages = json.loads(found(platform, attributed_record(content=content))["gen_ai.input.messages"])
    assert messages == [
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "1", "response": "one"}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "2", "response": "two"}]},
        {"role": "user", "parts": [{"type": "text", "content": "and?"}]},
    ]


@pytest.mark.parametrize("platform", FOR_PHOENIX)
def test_6_messages_are_a_json_string_in_parts_form(platform):
    names = found(platform)
    for name in ("gen_ai.input.messages", "gen_ai.output.messages"):
        assert type(names[name]) is str
        assert all(type(message["parts"]) is list for message in json.loads(names[name]))
        assert not any("content" in message for message in json.loads(names[name]))


@pytest.mark.parametrize("platform", ALL)
def test_7_cache_writes_have_the_name_of_1_41_and_langfuses_buckets_add_up(platform):
    names = found(platform)
    assert names["gen_ai.usage.cache_creation.input_tokens"] == 100
    assert not [name for name in names if "cache_write" in name and name.startswith("gen_ai.")]
    if platform in FOR_LANGFUSE:
        buckets = json.loads(names["langfuse.observation.usage_details"])
        assert buckets.pop("total") == sum(buckets.values()) == 1200


@pytest.mark.parametrize("platform", ALL)
def test_8_an_error_is_an_exception_event_too(platform):
    span = span_of(failed_record(), DIALECTS[platform])
    (event,) = [one for one in span.events if one.name == "exception"]
    assert attributes_of(event)["exception.message"] == "Rate limit reached"
    assert "new_token" not in [one.name for one in span.events]


@pytest.mark.parametrize("platform", FOR_LANGFUSE)
def test_9_a_prompts_version_is_a_number_at_langfuse_or_there_is_no_link(platform):
    assert type(found(platform)["langfuse.observation.prompt.version"]) is int
    for version in (None, "latest", "1.5", "²"):
        who = Attribution(prompt_name="greet", prompt_version=version)
        names = found(platform, attributed_record(attribution=who))
        assert not [name for name in names if name.startswith("langfuse.observation.prompt")]


@pytest.mark.parametrize("platform", [Platform.PHOENIX, Platform.SUPERSET])
def test_10_token_counts_of_openinference_are_the_full_set_or_none(platform):
    whole = {"llm.token_count.prompt", "llm.token_count.completion", "llm.token_count.total"}
    for usage in (None, Usage(total_tokens=5), Usage(input_tokens=5), Usage(output_tokens=5)):
        record = attributed_record(answer=replace(attributed_record().answer, usage=usage))
        assert not [name for name in found(platform, record) if name.startswith("llm.token_count")]
    record = attributed_record(answer=replace(attributed_record().answer, usage=Usage(input_tokens=5, output_tokens=2)))
    assert whole <= found(platform, record).keys()
    assert found(platform, record)["llm.token_count.total"] == 7


@pytest.mark.parametrize("platform", FOR_LANGFUSE)
def test_counts_that_contradict_each_other_are_told_without_their_parts(platform):
    usage = Usage(input_tokens=1, output_tokens=2, cache_read_tokens=5)
    record = attributed_record(answer=replace(attributed_record().answer, usage=usage))
    buckets = json.loads(found(platform, record)["langfuse.observation.usage_details"])
    assert buckets == {"input": 1, "output": 2, "total": 3}
