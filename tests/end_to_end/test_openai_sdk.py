"""The official SDK through a real mitmdump: answers, what the provider saw, and the span of each call."""

from __future__ import annotations

import asyncio

import openai
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from pydantic import BaseModel

HI = [{"role": "user", "content": "Hi"}]


def client(running, **more):
    return openai.OpenAI(base_url=running.base_url, api_key="sk-app-canary", max_retries=0, **more)


def test_a_call_is_answered_with_the_configured_model_and_key_and_leaves_one_span(gateway, standin, collector):
    answer = client(gateway()).chat.completions.create(model="whatever", messages=HI, temperature=0.5, seed=3)
    assert answer.model == "gpt-4o-mini-2024-07-18"
    seen = standin.last()
    assert seen["headers"]["authorization"] == "Bearer sk-configured-canary"
    assert '"model":"gpt-4o-mini"' in seen["body"]
    assert "canary" not in seen["body"]
    span, attributes = collector.one()
    assert span.name == "chat gpt-4o-mini"
    assert span.kind == Span.SPAN_KIND_CLIENT
    assert span.status.code == 0
    expected = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.response.id": "chatcmpl-standin",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.seed": 3,
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 9,
        "gen_ai.usage.cache_read.input_tokens": 4,
        "gen_ai.usage.reasoning.output_tokens": 2,
        "server.address": "127.0.0.1",
        "server.port": standin.port,
        "agw.client.model": "whatever",
        "agw.usage.source": "provider",
        "http.response.status_code": 200,
    }
    assert {name: attributes.get(name) for name in expected} == expected
    assert "gen_ai.input.messages" not in attributes
    assert "error.type" not in attributes
    assert "canary" not in str(span)


def test_a_stream_gives_the_same_figures_and_the_client_sees_no_usage_it_did_not_ask_for(gateway, standin, collector):
    running = gateway()
    chunks = list(client(running).chat.completions.create(model="m", messages=HI, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks).startswith("The gateway sees")
    assert all(chunk.choices for chunk in chunks)
    assert all("usage" not in chunk.model_fields_set for chunk in chunks)
    assert '"include_usage":true' in standin.last()["body"]
    _, attributes = collector.one()
    assert attributes["gen_ai.usage.input_tokens"] == 12
    assert attributes["gen_ai.usage.output_tokens"] == 9
    assert attributes["gen_ai.usage.cache_read.input_tokens"] == 4
    assert attributes["gen_ai.request.stream"] is True
    assert attributes["gen_ai.response.time_to_first_chunk"] > 0
    assert "agw.partial" not in attributes


def test_a_stream_with_usage_asked_for_keeps_its_usage_chunk(gateway, collector):
    stream = client(gateway()).chat.completions.create(
        model="m", messages=HI, stream=True, stream_options={"include_usage": True}
    )
    assert [chunk.usage.total_tokens for chunk in stream if chunk.usage] == [21]
    collector.one()


def test_async_calls_at_once_each_leave_a_span(gateway, collector):
    running = gateway()

    async def calls():
        async with openai.AsyncOpenAI(base_url=running.base_url, api_key="k") as asked:
            one = asked.chat.completions.create(model="m", messages=HI)
            return await asyncio.gather(*[one, *[asked.embeddings.create(model="e", input="x") for _ in range(4)]])

    assert len(asyncio.run(calls())) == 5
    names = sorted(span.name for span in collector.wait_for(5))
    assert names == ["chat gpt-4o-mini"] + ["embeddings gpt-4o-mini"] * 4


@pytest.mark.parametrize("stream", [False, True])
def test_tool_calls_come_through(gateway, collector, stream):
    tool = {
        "type": "function",
        "function": {
            "name": "weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
    asked = client(gateway()).chat.completions
    messages = [{"role": "user", "content": "the weather?"}]
    answer = asked.create(model="m", messages=messages, tools=[tool], stream=stream)
    if stream:
        deltas = [chunk.choices[0].delta for chunk in answer]
        arguments = "".join(one.tool_calls[0].function.arguments for one in deltas if one.tool_calls)
    else:
        arguments = answer.choices[0].message.tool_calls[0].function.arguments
    assert arguments == '{"city":"Oslo"}'
    assert collector.one()[1]["gen_ai.response.finish_reasons"] == ["tool_calls"]


def test_structured_output_parses(gateway, collector):
    class Answer(BaseModel):
        name: str
        size: int

    parsed = client(gateway()).chat.completions.parse(model="m", messages=HI, response_format=Answer)
    assert parsed.choices[0].message.parsed == Answer(name="standin", size=7)
    assert collector.one()[1]["gen_ai.output.type"] == "json"


@pytest.mark.parametrize("stream", [False, True])
def test_responses_are_recorded_whole_and_streamed(gateway, collector, stream):
    answer = client(gateway()).responses.create(model="m", input="Hi", stream=stream)
    if stream:
        answer = next(event for event in answer if event.type == "response.completed").response
    assert answer.output_text.startswith("The gateway sees")
    span, attributes = collector.one()
    assert span.name == "chat gpt-4o-mini"
    assert attributes["openai.api.type"] == "responses"
    assert attributes["gen_ai.usage.input_tokens"] == 12
    assert attributes["gen_ai.usage.cache_read.input_tokens"] == 4
    assert attributes["gen_ai.response.finish_reasons"] == ["stop"]


def test_embeddings_and_legacy_completions_are_recorded(gateway, collector):
    asked = client(gateway())
    assert asked.embeddings.create(model="e", input=["a", "b"]).data[1].index == 1
    assert asked.completions.create(model="c", prompt="x").choices[0].text.startswith("The")
    names = sorted(span.name for span in collector.wait_for(2))
    assert names == ["embeddings gpt-4o-mini", "text_completion gpt-4o-mini"]


def test_models_pass_through_unrecorded(gateway, collector):
    asked = client(gateway())
    assert "gpt-4o-mini" in [model.id for model in asked.models.list()]
    asked.chat.completions.create(model="m", messages=HI)
    assert [span.name for span in collector.wait_for(1)] == ["chat gpt-4o-mini"]


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
@pytest.mark.parametrize("stream", [False, True])
def test_compressed_answers_are_read_too(gateway, collector, encoding, stream):
    asked = client(gateway(), default_headers={"x-standin-encoding": encoding})
    if stream:
        assert sum(1 for _ in asked.chat.completions.create(model="m", messages=HI, stream=True)) > 5
    else:
        # Raw: the SDK itself need not know every encoding.
        answer = asked.chat.completions.with_raw_response.create(model="m", messages=HI)
        assert answer.headers["content-encoding"] == encoding
    assert collector.one()[1]["gen_ai.usage.output_tokens"] == 9


def test_a_request_of_32_mib_is_served(gateway, standin, collector):
    image = "data:image/png;base64," + "A" * (32 * 1024 * 1024)
    content = [{"type": "text", "text": "what?"}, {"type": "image_url", "image_url": {"url": image}}]
    client(gateway()).chat.completions.create(model="m", messages=[{"role": "user", "content": content}])
    assert collector.one()[1]["gen_ai.usage.input_tokens"] == 12


def test_content_is_recorded_only_when_the_standard_switch_asks(gateway, collector):
    running = gateway(env={"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_ONLY"})
    list(client(running).chat.completions.create(model="m", messages=HI, stream=True))
    _, attributes = collector.one()
    assert attributes["gen_ai.input.messages"] == '[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]'
    assert '"finish_reason":"stop"' in attributes["gen_ai.output.messages"]


def test_the_callers_trace_goes_on_through_the_gateway(gateway, standin, collector):
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    client(gateway(), default_headers={"traceparent": parent}).chat.completions.create(model="m", messages=HI)
    span, _ = collector.one()
    assert span.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"
    assert span.parent_span_id.hex() == "b7ad6b7169203331"
    assert standin.last()["headers"]["traceparent"] == f"00-{span.trace_id.hex()}-{span.span_id.hex()}-01"
