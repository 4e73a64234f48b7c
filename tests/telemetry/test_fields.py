"""``fields.add``: the reference's own examples, and the types of what they give (agentgateway.md §2.4, §2.5)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from agw.cel import compile_expression
from agw.config.loader import loads
from agw.record import Content, Cost
from agw.record.transient import Claims, Transient
from agw.telemetry.fields import MAX_FIELDS, adding, evaluate
from agw.telemetry.variables import variables_of
from support.records import chat_record

PROMPT = {
    "model": "gpt-4o-mini",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "text", "text": "there"}]},
        {"role": "assistant", "tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c1", "content": "42"},
    ],
}
ANSWER = {
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}},
        {
            "index": 1,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "tool_calls": [{"id": "c2", "function": {"name": "g", "arguments": '{"a":1}'}}],
            },
        },
    ],
}
SEEN = Transient(
    request_headers={"host": ["gateway:3000"], "x-team": ["red"], "accept": ["a", "b"]},
    response_headers={"x-request-id": ["r1"]},
    http_status=200,
    claims=Claims(api_key={"user": "jo"}, jwt={"sub": "s", "groups": ["g"]}, basic_auth={"username": "u"}),
    request_body=PROMPT,
    answer=ANSWER,
)


def fields_of(record=None, transient=SEEN, **added):
    compiled = [(name, compile_expression(one, flattens=True)) for name, one in added.items()]
    return evaluate(compiled, variables_of(record or chat_record(content=None), transient), transient)


def tracing_of(added: str):
    text = "config:\n  tracing:\n    otlpEndpoint: http://localhost:4317\n    fields:\n      add:\n"
    snapshot = loads(text + added, "cfg.yaml", {})
    assert snapshot.tracing is not None
    return snapshot.tracing.fields.add


PROMPT_FIELDS = {
    "gen_ai.prompt.0.role": "system",
    "gen_ai.prompt.0.content": "Be brief.",
    "gen_ai.prompt.1.role": "user",
    "gen_ai.prompt.1.content": "Hi there",
    "gen_ai.prompt.2.role": "assistant",
    "gen_ai.prompt.2.content": "",
    "gen_ai.prompt.3.role": "tool",
    "gen_ai.prompt.3.content": "42",
}
COMPLETION_FIELDS = {
    "gen_ai.completion.0.role": "assistant",
    "gen_ai.completion.0.content": "Hello",
    "gen_ai.completion.1.role": "assistant",
    "gen_ai.completion.1.content": "",
}
LANGFUSE = """
        span.name: '"openai.chat"'
        gen_ai.system: 'llm.provider'
        gen_ai.prompt: 'flattenRecursive(llm.prompt)'
        gen_ai.completion: 'flattenRecursive(llm.completion.map(c, {"role":"assistant", "content": c}))'
"""
OPENLLMETRY = """
        span.name: '"openai.chat"'
        gen_ai.system: 'llm.provider'
        gen_ai.prompt: 'flattenRecursive(llm.prompt)'
        gen_ai.completion: 'flattenRecursive(llm.completion.map(c, {"role":"assistant", "content": c}))'
        gen_ai.usage.completion_tokens: 'llm.outputTokens'
        gen_ai.usage.prompt_tokens: 'llm.inputTokens'
        llm.usage.total_tokens: 'llm.totalTokens'
        llm.request.type: 'flatten("chat")'
        llm.is_streaming: 'llm.streaming'
"""
PHOENIX = """
        span.name: '"OpenInference"'
        openinference.span.kind: '"LLM"'
        llm.system: 'llm.provider'
        llm.input_messages: 'flattenRecursive(llm.prompt.map(c, {"message": c}))'
        llm.output_messages: 'flattenRecursive(llm.completion.map(c, {"role":"assistant", "content": c}))'
        llm.token_count.completion: 'llm.outputTokens'
        llm.token_count.prompt: 'llm.inputTokens'
        llm.token_count.total: 'llm.totalTokens'
"""
JAEGER = """
        gen_ai.prompt: 'llm.prompt'
        gen_ai.completion: 'llm.completion'
"""


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (LANGFUSE, {"span.name": "openai.chat", "gen_ai.system": "openai", **PROMPT_FIELDS, **COMPLETION_FIELDS}),
        (
            OPENLLMETRY,
            {
                "span.name": "openai.chat",
                "gen_ai.system": "openai",
                **PROMPT_FIELDS,
                **COMPLETION_FIELDS,
                "gen_ai.usage.completion_tokens": 200,
                "gen_ai.usage.prompt_tokens": 1000,
                "llm.usage.total_tokens": 1200,
                "llm.request.type": "chat",
                "llm.is_streaming": "true",
            },
        ),
        (
            PHOENIX,
            {
                "span.name": "OpenInference",
                "openinference.span.kind": "LLM",
                "llm.system": "openai",
                **{
                    name.replace("gen_ai.prompt", "llm.input_messages")[:20] + ".message" + name[15:]: value
                    for name, value in PROMPT_FIELDS.items()
                },
                **{
                    name.replace("gen_ai.completion", "llm.output_messages"): value
                    for name, value in COMPLETION_FIELDS.items()
                },
                "llm.token_count.completion": 200,
                "llm.token_count.prompt": 1000,
                "llm.token_count.total": 1200,
            },
        ),
        (
            JAEGER,
            {
                "gen_ai.prompt": '[{"content":"Be brief.","role":"system"},{"content":"Hi there","role":"user"},{"content":"","role":"assistant"},{"content":"42","role":"tool"}]',
                "gen_ai.completion": '["Hello",""]',
            },
        ),
    ],
    ids=["langfuse", "openllmetry", "phoenix", "jaeger"],
)
def test_the_references_tracing_examples_give_their_attributes(config, expected):
    record = chat_record(content=None)
    found = evaluate(tracing_of(config), variables_of(record, SEEN), SEEN)
    assert found == {
        name.replace("llm.input_messages.", "llm.input_messages."): value for name, value in expected.items()
    }


def test_the_systems_own_field_comes_first_with_its_parts_on_lines():
    body = {"system": [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]}
    content = Content(
        system_instructions=[{"type": "text", "content": one["text"]} for one in body["system"]],
        input_messages=[{"role": "user", "parts": [{"type": "text", "content": "hi"}]}],
    )
    record = chat_record(content=content)
    assert fields_of(record, p="flattenRecursive(llm.prompt)") == {
        "p.0.role": "system",
        "p.0.content": "A\nB",
        "p.1.role": "user",
        "p.1.content": "hi",
    }


def test_what_the_record_holds_wins_over_the_raw_body_since_redaction_has_been_over_it():
    content = Content(input_messages=[{"role": "user", "parts": [{"type": "text", "content": "[redacted]"}]}])
    assert fields_of(chat_record(content=content), p="llm.prompt[0].content") == {"p": "[redacted]"}


def test_values_keep_their_types():
    assert fields_of(
        text='"a"',
        int="1 + 1",
        double="llm.params.temperature / 2.0",
        yes="llm.streaming",
        list="[1, 'a', true]",
        map='{"a": {"b": 1}}',
        bytes='b"hi"',
        time="request.startTime",
        duration='duration("1500ms")',
        null="null",
        fails="1 / 0",
        absent="jwt.none",
    ) == {
        "text": "a",
        "int": 2,
        "double": 0.5,
        "yes": "true",
        "list": '[1,"a",true]',
        "map": '{"a":{"b":1}}',
        "bytes": "aGk=",
        "time": "2023-11-14T22:13:20Z",
        "duration": "1.5s",
    }


def test_flatten_goes_one_level_and_flatten_recursive_all():
    value = '{"a": {"b": [1, {"c": 2}]}}'
    assert fields_of(x=f"flatten({value})") == {"x.a": '{"b":[1,{"c":2}]}'}
    assert fields_of(x=f"flattenRecursive({value})") == {"x.a.b.0": 1, "x.a.b.1.c": 2}
    assert fields_of(h="flatten(request.headers)")["h.accept"] == '["a","b"]'


def test_a_long_conversation_spreads_into_a_bounded_number_of_fields():
    messages = [{"role": "user", "content": "x"}] * (MAX_FIELDS + 10)
    found = fields_of(transient=replace(SEEN, request_body={"messages": messages}), p="flattenRecursive(llm.prompt)")
    assert len(found) == MAX_FIELDS


def test_every_variable_of_a_finished_call_can_be_read():
    record = replace(
        chat_record(content=None),
        cost=Cost(Decimal("0.5"), {"input": Decimal("0.2"), "cache_read": Decimal("0.1")}),
        overhead_s=0.25,
    )
    assert fields_of(
        record,
        method="request.method",
        host="request.host",
        team='request.headers["X-Team"]',
        several='request.headers["accept"][1]',
        code="response.code",
        id='response.headers["x-request-id"]',
        user="apiKey.user",
        sub="jwt.sub",
        group="jwt.groups[0]",
        name="basicAuth.username",
        raw="llmRequest.messages[0].role",
        body="json(request.body).model",
        answered="json(response.body).model",
        cached="llm.cachedInputTokens",
        created="llm.cacheCreationInputTokens",
        thought="llm.reasoningTokens",
        total="llm.totalTokens",
        cost="llm.cost.total",
        read="llm.cost.cacheRead",
        calls="llm.toolCalls",
        route="proxy.route",
        took="proxy.requestProcessingDuration",
        older="llm.output_tokens",
    ) == {
        "method": "POST",
        "host": "gateway:3000",
        "team": "red",
        "several": "b",
        "code": 200,
        "id": "r1",
        "user": "jo",
        "sub": "s",
        "group": "g",
        "name": "u",
        "raw": "system",
        "body": "gpt-4o-mini",
        "answered": "gpt-4o-mini-2024-07-18",
        "cached": 400,
        "created": 100,
        "thought": 50,
        "total": 1200,
        "cost": 0.5,
        "read": 0.1,
        "calls": '[{"arguments":{"a":1},"id":"c2","name":"g"}]',
        "route": record.route,
        "took": "0.25s",
        "older": 200,
    }


def test_a_figure_that_nobody_knows_is_absent_and_never_0():
    record = replace(chat_record(content=None), answer=replace(chat_record().answer, usage=None), cost=None)
    assert (
        fields_of(record, a="llm.inputTokens", b="llm.totalTokens", c="llm.cost.total", d="llm.timePerOutputToken")
        == {}
    )


def test_the_finisher_adds_to_the_fields_that_the_record_has():
    finisher = adding(tracing_of("        a: 'request.method'\n        b: 'fail(1)'\n"))
    record = finisher(chat_record(fields={"z": 1}), SEEN)
    assert record.fields == {"z": 1, "a": "POST"}


def test_what_authenticated_the_client_is_in_no_field_and_what_is_derived_from_it_may_be():
    token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJqbyJ9.canaryAA"
    headers = {
        "authorization": [f"Bearer {token}"],
        "cookie": ["a=1; sid=canary-sid"],
        "x-api-key": ["canary-key"],
        "x-b": ["b"],
    }
    found = fields_of(
        transient=replace(SEEN, request_headers=headers),
        all="flatten(request.headers)",
        json="toJson(request.headers)",
        token='request.headers.authorization.stripPrefix("Bearer ")',
        cookie='request.headers.cookie("sid")',
        user="unvalidatedJwtPayload(request.headers.authorization).sub",
        everything="toJson(variables())",
    )
    assert "canary" not in str(found)
    assert found["user"] == "jo"
    assert found["all.x-b"] == "b"
    assert found["token"] == "<redacted>"
