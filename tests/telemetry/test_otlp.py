"""A record as protobuf."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

import agw
from agw.record import AnswerFacts, CallError, CallRecord, Content, RequestFacts, SpanIds
from agw.telemetry import otlp
from agw.telemetry.dialects.otel import OTEL, attributes
from agw.telemetry.export_request import export_request
from agw.telemetry.resource import resource_of
from agw.telemetry.semconv import SCHEMA_URL
from support.otlp_receiver import attributes_of
from support.records import (
    PARENT_ID,
    SPAN_ID,
    START_NS,
    TRACE_ID,
    broken_off_record,
    chat_record,
    embeddings_record,
    failed_record,
    with_content,
)


def span_of(record: CallRecord) -> Span:
    return otlp.span_of(record, OTEL)


def over_the_wire(span: Span) -> Span:
    return Span.FromString(span.SerializeToString())


def test_a_span_has_the_records_own_ids_times_name_and_kind():
    span = over_the_wire(span_of(chat_record()))
    assert span.trace_id.hex() == TRACE_ID
    assert span.span_id.hex() == SPAN_ID
    assert span.parent_span_id.hex() == PARENT_ID
    assert span.trace_state == "vendor=1"
    assert span.name == "chat gpt-4o-mini"
    assert span.kind == Span.SPAN_KIND_CLIENT
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (START_NS, START_NS + 2_000_000_000)


def test_a_call_that_went_well_leaves_the_status_unset_and_has_no_event():
    span = span_of(chat_record())
    assert span.status.code == Status.STATUS_CODE_UNSET
    assert not span.status.message
    assert not span.events


def test_a_failed_call_has_status_error_and_an_exception_event():
    span = over_the_wire(span_of(failed_record()))
    assert span.status.code == Status.STATUS_CODE_ERROR
    assert span.status.message == "Rate limit reached"
    assert [event.name for event in span.events] == ["exception"]
    assert span.events[0].time_unix_nano == START_NS + 5
    assert attributes_of(span.events[0]) == {
        "exception.type": "rate_limit_exceeded",
        "exception.message": "Rate limit reached",
    }


def test_flags_hold_the_trace_flags_and_whether_the_parent_is_remote():
    assert span_of(chat_record()).flags == 0x301
    assert span_of(failed_record()).flags == 0x101
    assert not span_of(failed_record()).parent_span_id


def test_every_attribute_of_every_kind_of_call_arrives_with_its_type():
    for record in (chat_record(), with_content(chat_record()), embeddings_record(), broken_off_record()):
        expected = {
            name: list(value) if isinstance(value, tuple) else value for name, value in attributes(record).items()
        }
        found = attributes_of(over_the_wire(span_of(record)))
        assert found == expected
        assert {name: type(value) for name, value in found.items()} == {
            name: type(value) for name, value in expected.items()
        }


def test_an_integer_beyond_64_bits_becomes_a_string():
    request = RequestFacts("chat", "completions", model="m", seed=2**63, max_tokens=-(2**63))
    found = attributes_of(span_of(replace(chat_record(), request=request)))
    assert found["gen_ai.request.seed"] == "9223372036854775808"
    assert found["gen_ai.request.max_tokens"] == -(2**63)


def test_lone_surrogates_are_replaced_wherever_they_come_from():
    bad = "a\ud800b"
    record = replace(
        with_content(chat_record(), bad),
        request=RequestFacts("chat", "completions", model=bad, stop_sequences=(bad,)),
        answer=AnswerFacts(response_id=bad),
        error=CallError(bad, bad),
        user_agent=bad,
        extra={bad: bad},
        ids=SpanIds(TRACE_ID, SPAN_ID, trace_state=bad),
    )
    span = over_the_wire(span_of(record))
    found = attributes_of(span)
    assert span.name == "chat a?b"
    assert found["gen_ai.request.stop_sequences"] == ["a?b"]
    assert found["agw.a?b"] == "a?b"
    assert json.loads(found["gen_ai.input.messages"])[0]["parts"][0]["content"] == "a?b"


def test_strings_and_lists_are_bounded():
    record = replace(
        chat_record(),
        user_agent="u" * 100_000,
        notes=tuple(str(number) for number in range(1_000)),
        error=CallError("e", "m" * 100_000),
        request=RequestFacts("chat", "completions", model="g" * 100_000),
    )
    span = span_of(record)
    found = attributes_of(span)
    assert len(found["user_agent.original"]) == len(span.status.message) == len(span.name) == 4096
    assert found["user_agent.original"].endswith("u…")
    assert len(found["agw.notes"]) == 64


def test_a_span_with_the_largest_content_fits_into_what_a_collector_takes():
    for text in ("x" * 8_000_000, "\n" * 8_000_000, "\x01" * 8_000_000, "漢" * 8_000_000):
        assert span_of(with_content(chat_record(), text)).ByteSize() < 4 * 1024 * 1024


def test_content_that_is_no_json_costs_only_itself():
    for wrong in (float("nan"), object()):
        record = replace(chat_record(), content=Content(input_messages=[{"role": wrong}]))
        found = attributes_of(span_of(record))
        assert "gen_ai.input.messages" not in found
        assert found["gen_ai.usage.input_tokens"] == 1000
        assert "content_left_out" in found["agw.notes"]


def test_content_nested_without_end_costs_only_itself():
    nested: list = []
    for _ in range(100_000):
        nested = [nested]
    found = attributes_of(span_of(replace(chat_record(), content=Content(input_messages=[{"parts": nested}]))))
    assert "gen_ai.input.messages" not in found
    assert found["gen_ai.response.id"] == "chatcmpl-1"


def test_a_request_has_one_resource_one_scope_and_the_schema_of_the_conventions():
    resource = resource_of({"OTEL_SERVICE_NAME": "mine"})
    spans = [span_of(one) for one in (chat_record(), failed_record())]
    sent = export_request([one.SerializeToString() for one in spans], resource)
    request = ExportTraceServiceRequest.FromString(sent)
    assert request.SerializeToString() == sent
    (resource_spans,) = request.resource_spans
    (scope_spans,) = resource_spans.scope_spans
    assert resource_spans.resource == resource
    assert (scope_spans.scope.name, scope_spans.scope.version) == ("agentgateway", agw.__version__)
    assert scope_spans.schema_url == SCHEMA_URL
    assert list(scope_spans.spans) == spans


@pytest.mark.parametrize("spans", [[], [b""], [b"", Span(name="a").SerializeToString()]])
@pytest.mark.parametrize("resource", [Resource(), resource_of({})])
def test_a_request_is_what_the_library_makes_of_it(spans, resource):
    request = ExportTraceServiceRequest()
    scope = InstrumentationScope(name="agentgateway", version=agw.__version__)
    resource_spans = request.resource_spans.add(resource=resource)
    resource_spans.scope_spans.add(scope=scope, schema_url=SCHEMA_URL, spans=map(Span.FromString, spans))
    assert export_request(spans, resource) == request.SerializeToString()


ANY_TEXT = st.text(st.characters(codec=None), max_size=50)


@given(ANY_TEXT, ANY_TEXT, st.integers(), st.floats(), st.dictionaries(ANY_TEXT, ANY_TEXT | st.integers(), max_size=3))
def test_no_value_whatever_stops_a_span(model, message, seed, temperature, extra):
    request = RequestFacts("chat", "completions", model=model, seed=seed, temperature=temperature)
    record = replace(chat_record(), request=request, error=CallError(model, message), extra=extra)
    assert over_the_wire(span_of(record)).kind == Span.SPAN_KIND_CLIENT
