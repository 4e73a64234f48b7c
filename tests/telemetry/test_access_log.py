"""The line of a finished call, as text and as JSON (agentgateway.md §2.8)."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from agw.cel import compile_expression
from agw.config.signals import LogFormat, Logging
from agw.record import Attribution, CallError, Cost
from agw.record.line import readable
from agw.record.transient import Transient
from agw.telemetry.access_log import ACCESS_LOG, line_of
from agw.telemetry.fields import adding
from agw.telemetry.selection import field_name, only_if
from support.records import chat_record

TEXT, JSON = Logging(format=LogFormat.TEXT), Logging(format=LogFormat.JSON)


def record(**more):
    place = {
        "gateway": "gw",
        "listener": "http",
        "route": "default/openai",
        "server_address": "api.openai.com",
        "server_port": 443,
        "client_address": "10.0.0.1",
        "http_status": 200,
        "url_path": "/v1/chat/completions",
        "error": None,
        "first_token_ns": None,
    }
    return replace(chat_record(), **{**place, **more})


def test_the_text_line_has_the_references_fields_in_its_order():
    assert line_of(record(cost=Cost(Decimal("0.00024")), attribution=Attribution(user="jo")), TEXT) == (
        "2023-11-14T22:13:22.000000Z info request gateway=gw listener=http route=default/openai "
        "endpoint=api.openai.com:443 src.addr=10.0.0.1 http.method=POST http.path=/v1/chat/completions http.status=200 "
        "trace.id=0af7651916cd43dd8448eb211c80319c span.id=b7ad6b7169203331 protocol=llm gen_ai.operation.name=chat "
        "gen_ai.provider.name=openai gen_ai.request.model=gpt-4o-mini gen_ai.response.model=gpt-4o-mini-2024-07-18 "
        "gen_ai.usage.input_tokens=1000 gen_ai.usage.cache_creation.input_tokens=100 "
        "gen_ai.usage.cache_read.input_tokens=400 gen_ai.usage.output_tokens=200 gen_ai.usage.reasoning_tokens=50 "
        "agw.ai.usage.cost.total=0.00024 user=jo duration=2000ms"
    )


def test_an_error_is_told_in_quotation_marks():
    line = line_of(record(http_status=429, error=CallError("rate_limited", 'rate "limit" exceeded')), TEXT)
    assert line is not None
    assert line.endswith('reason=rate_limited error="rate \\"limit\\" exceeded" duration=2000ms')


def test_the_json_line_holds_the_same_with_its_types():
    found = json.loads(line_of(record(), JSON) or "")
    assert (found["time"], found["level"], found["scope"]) == ("2023-11-14T22:13:22.000000Z", "info", "request")
    assert (found["http.status"], found["gen_ai.usage.input_tokens"], found["duration"]) == (200, 1000, "2000ms")
    assert "error" not in found


def test_fields_are_added_and_removed():
    settings = replace(
        JSON,
        add=(("team", compile_expression('request.headers["x-team"]')), ("http.path", compile_expression('"p"'))),
        remove=("gateway", "listener"),
    )
    add = adding(tuple((field_name(ACCESS_LOG, name), one) for name, one in settings.add))
    found = json.loads(line_of(add(record(), Transient(request_headers={"x-team": ["red"]})), settings) or "")
    assert (found["team"], found["http.path"]) == ("red", "p")
    assert "gateway" not in found
    assert "listener" not in found


def test_a_filter_lets_only_some_calls_through():
    keep = only_if(ACCESS_LOG, compile_expression("response.code >= 400"))
    assert line_of(keep(record(), Transient()), TEXT) is None
    assert line_of(keep(record(http_status=500), Transient()), TEXT) is not None
    assert line_of(only_if(ACCESS_LOG, compile_expression("jwt.none"))(record(), Transient()), TEXT) is None


def test_without_a_logging_block_the_line_is_for_people_and_above_info_there_is_none():
    assert line_of(record(), Logging()) == readable(record())
    assert line_of(record(), replace(TEXT, on=False)) is None


@given(st.text(max_size=40))
def test_nothing_that_a_client_sends_can_begin_another_line_or_field(text):
    forged = record(attribution=Attribution(user=text), url_path="/" + text)
    line = line_of(forged, TEXT) or ""
    assert line.isprintable()
    assert line.count(" http.status=") == 1
    assert json.loads(line_of(forged, JSON) or "").get("user", "") == text
