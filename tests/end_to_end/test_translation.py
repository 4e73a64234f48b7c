"""Official SDKs through a real mitmdump, each before a provider that speaks another format."""

from __future__ import annotations

import json
import urllib.request

import anthropic
import openai
import pytest
from pydantic import BaseModel

from support.otlp_receiver import attributes_of

CONFIG = """\
config:
  tracing:
    otlpEndpoint: {collector}
    randomSampling: true
binds:
- port: {port}
  listeners:
  - routes:
    - backends:
      - ai:
          name: backend
          hostOverride: {upstream}
          provider:
            %s
      policies:
        backendAuth: {key: sk-configured-canary}
"""
PROVIDERS = {
    "messages": "anthropic: {model: claude-sonnet-4-5}",
    "completions": "custom: {model: deepseek-chat, formats: [{type: completions}]}",
    "responses": "custom: {model: gpt-5, formats: [{type: responses}]}",
}
PATHS = {"messages": "/v1/messages", "completions": "/v1/chat/completions", "responses": "/v1/responses"}
# Input, output, cache read, cache write, as the stand-in counts them in each format.
USAGE = {"messages": (325, 9, 300, 20), "completions": (12, 9, 4, None), "responses": (12, 9, 4, None)}
SAID = "The gateway sees every call and lets it"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.fixture
def before(gateway):
    """Starts a gateway before a provider of one format; with the model that asks the stand-in for trouble if given."""

    def start(wire, model=None):
        provider = PROVIDERS[wire]
        if model:
            provider = provider.replace(provider.partition("model: ")[2].split(",")[0].rstrip("}"), model)
        return gateway(CONFIG % provider)

    return start


def openai_client(running):
    return openai.OpenAI(base_url=running.base_url, api_key="app-canary", max_retries=0)


def anthropic_client(running):
    return anthropic.Anthropic(base_url=f"http://127.0.0.1:{running.port}", api_key="app-canary", max_retries=0)


def chat(running, text, *, stream, tools=False, more=()):
    """One exchange through the client's official SDK: (text, [(tool, arguments)], stop, raw answer)."""
    one = openai_client(running)
    asked = {"model": "m", "messages": [{"role": "user", "content": text}, *more]}
    if tools:
        asked["tools"] = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]
    if stream:
        with one.chat.completions.stream(**asked) as events:
            answer = events.get_final_completion()
    else:
        answer = one.chat.completions.create(**asked)
    choice = answer.choices[0]
    calls = [(call.function.name, json.loads(call.function.arguments)) for call in choice.message.tool_calls or []]
    return choice.message.content or "", calls, choice.finish_reason, answer


def messages(running, text, *, stream, tools=False, more=()):
    one = anthropic_client(running)
    asked = {"model": "m", "max_tokens": 500, "messages": [{"role": "user", "content": text}, *more]}
    if tools:
        asked["tools"] = [{"name": "weather", "input_schema": SCHEMA}]
    if stream:
        with one.messages.stream(**asked) as events:
            answer = events.get_final_message()
    else:
        answer = one.messages.create(**asked)
    texts = "".join(block.text for block in answer.content if block.type == "text")
    calls = [(block.name, block.input) for block in answer.content if block.type == "tool_use"]
    return texts, calls, answer.stop_reason, answer


def responses(running, text, *, stream, tools=False, more=()):
    one = openai_client(running)
    asked = {"model": "m", "input": [{"role": "user", "content": text}, *more]}
    if tools:
        asked["tools"] = [{"type": "function", "name": "weather", "parameters": SCHEMA, "strict": True}]
    if stream:
        with one.responses.stream(**asked) as events:
            answer = events.get_final_response()
    else:
        answer = one.responses.create(**asked)
    calls = [(item.name, json.loads(item.arguments)) for item in answer.output if item.type == "function_call"]
    return answer.output_text, calls, answer.status, answer


CLIENTS = {"completions": chat, "messages": messages, "responses": responses}
ENDS = {
    "completions": ("stop", "tool_calls"),
    "messages": ("end_turn", "tool_use"),
    "responses": ("completed", "completed"),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("wire", PATHS)
def test_text_tools_and_usage_come_through(before, standin, collector, wire, stream):
    running = before(wire)
    clients = [client for client in CLIENTS if client != wire]
    for client in clients:
        text, calls, end, _ = CLIENTS[client](running, "Hi", stream=stream)
        assert (text.startswith(SAID), calls, end) == (True, [], ENDS[client][0])
        seen = standin.last()
        assert seen["path"].partition("?")[0] == PATHS[wire]
        assert "canary" not in seen["body"]
    for span in collector.wait_for(len(clients)):
        attributes = attributes_of(span)
        names = ("input_tokens", "output_tokens", "cache_read.input_tokens", "cache_creation.input_tokens")
        assert tuple(attributes.get(f"gen_ai.usage.{name}") for name in names) == USAGE[wire]
        assert attributes["gen_ai.response.finish_reasons"] == ["stop"]
    for client in clients:
        _, calls, end, _ = CLIENTS[client](running, "the weather?", stream=stream, tools=True)
        assert (calls, end) == ([("weather", {"city": "Oslo"})], ENDS[client][1])


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_the_apps_usage_follows_the_apps_own_rules(before, stream):
    _, _, _, answer = messages(before("completions"), "Hi", stream=stream)
    assert (answer.usage.input_tokens, answer.usage.cache_read_input_tokens, answer.usage.output_tokens) == (8, 4, 9)
    _, _, _, answer = responses(before("messages"), "Hi", stream=stream)
    assert (answer.usage.input_tokens, answer.usage.input_tokens_details.cached_tokens) == (325, 300)
    assert answer.usage.total_tokens == 334


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_an_agent_on_codexs_api_works_with_claude_over_two_turns(before, standin, stream):
    running = before("messages")
    one = openai_client(running)
    asked = {
        "model": "m",
        "instructions": "You are an agent.",
        "tools": [{"type": "function", "name": "weather", "parameters": SCHEMA, "strict": False}],
        "reasoning": {"effort": "high", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "store": False,
    }
    talk = [{"role": "user", "content": "the weather in both?"}]
    if stream:
        with one.responses.stream(**asked, input=talk) as events:
            first = events.get_final_response()
    else:
        first = one.responses.create(**asked, input=talk)
    assert [item.type for item in first.output] == ["reasoning", "function_call", "function_call"]
    calls = [item for item in first.output if item.type == "function_call"]
    results = [{"type": "function_call_output", "call_id": call.call_id, "output": "rain"} for call in calls]
    second = one.responses.create(**asked, input=[*talk, *[item.to_dict() for item in first.output], *results])
    assert second.output_text.startswith("The gateway")
    sent = json.loads(standin.last()["body"])
    assert sent["system"] == "You are an agent."
    assert sent["thinking"]["type"] == "enabled"
    thought, *called = sent["messages"][1]["content"]
    assert thought == {"type": "thinking", "thinking": "Let me think.", "signature": "c3RhbmRpbg=="}
    assert [block["id"] for block in called] == ["toolu_oslo", "toolu_rome"]
    assert [block["tool_use_id"] for block in sent["messages"][2]["content"]] == ["toolu_oslo", "toolu_rome"]


def test_structured_output_is_parsed_by_the_apps_sdk(before):
    class Answer(BaseModel):
        name: str
        size: int

    one = openai_client(before("messages"))
    parsed = one.chat.completions.parse(model="m", messages=[{"role": "user", "content": "Hi"}], response_format=Answer)
    assert parsed.choices[0].message.parsed == Answer(name="standin", size=7)


def test_what_cannot_be_carried_is_named_on_the_record(before, collector):
    one = openai_client(before("messages"))
    one.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}], seed=3, store=True)
    _, attributes = collector.one()
    assert {"dropped: seed", "dropped: store"} <= set(attributes["agw.notes"])


def test_what_would_change_the_answer_is_refused_in_the_apps_shape(before, standin):
    running = before("messages")
    asked_before = len(standin.seen())
    with pytest.raises(openai.BadRequestError, match="previous_response_id"):
        openai_client(running).responses.create(model="m", input="Hi", previous_response_id="resp_1")
    with pytest.raises(anthropic.BadRequestError, match="bash"):
        messages_with_bash(before("completions"))
    assert len(standin.seen()) == asked_before


def messages_with_bash(running):
    tools = [{"type": "bash_20250124", "name": "bash"}]
    return anthropic_client(running).messages.create(
        model="m", max_tokens=5, messages=[{"role": "user", "content": "Hi"}], tools=tools
    )


@pytest.mark.parametrize(
    ("status", "raised"),
    [(429, anthropic.RateLimitError), (401, anthropic.AuthenticationError), (503, anthropic.InternalServerError)],
)
def test_the_providers_error_is_the_apps_own_exception(before, collector, status, raised):
    with pytest.raises(raised) as error:
        messages(before("completions", f"standin-status-{status}"), "Hi", stream=False)
    assert error.value.body["type"] == "error"
    assert error.value.status_code == status
    span, _ = collector.one()
    assert span.status.code == 2


def test_an_html_error_page_keeps_its_status_and_becomes_the_apps_error(before):
    with pytest.raises(openai.InternalServerError) as error:
        chat(before("messages", "standin-status-503+html-1"), "Hi", stream=False)
    assert error.value.status_code == 503
    assert error.value.body["type"] == "server_error"


ASKED = {
    "completions": {"messages": [{"role": "user", "content": "Hi"}]},
    "messages": {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 99},
    "responses": {"input": "Hi"},
}


ERROR_EVENTS = {
    "completions": b'data: {"error":{"message":',
    "messages": b"event: error\ndata: ",
    "responses": b"event: response.failed\ndata: ",
}


@pytest.mark.parametrize("wire", PATHS)
def test_a_stream_that_fails_midway_ends_with_the_apps_own_error_and_never_looks_complete(before, collector, wire):
    running = before(wire)
    told = {"error-after": b"told to fail", "die-after": b"broke off before its end"}
    tried = [(client, trouble) for client in ASKED if client != wire for trouble in told]
    for client, trouble in tried:
        request = urllib.request.Request(
            f"http://127.0.0.1:{running.port}{PATHS[client]}",
            json.dumps({"model": "m", "stream": True, **ASKED[client]}).encode(),
            {"content-type": "application/json", f"x-standin-{trouble}": "4"},
        )
        with urllib.request.urlopen(request) as answer:
            got = answer.read()
        assert not any(mark in got for mark in (b"[DONE]", b"message_stop", b"response.completed"))
        last = got.rstrip().rpartition(b"\n\n")[2]
        assert last.startswith(ERROR_EVENTS[client])
        assert told[trouble] in last
    spans = collector.wait_for(len(tried))
    assert [span.status.code for span in spans] == [2] * len(tried)
    assert [attributes_of(span)["error.type"] for span in spans][1::2] == ["upstream_disconnected"] * (len(tried) // 2)


def test_the_apps_sdk_raises_what_broke_a_stream_off(before, collector):
    running = before("completions", "standin-die-after-4")
    client = anthropic_client(running)
    asked = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    with (
        pytest.raises(anthropic.APIStatusError, match="broke off before its end"),
        client.messages.stream(**asked) as s,
    ):
        s.get_final_message()
    running = before("messages", "standin-die-after-4")
    with pytest.raises(openai.APIError, match="broke off before its end"):
        chat(running, "Hi", stream=True)
    # What had come by then is counted, and said to be a part.
    collector.wait_for(2)
    attributes = attributes_of(collector.wait_for(2)[1])
    assert attributes["gen_ai.usage.input_tokens"] == 325


def test_a_whole_answer_that_breaks_off_is_answered_with_the_apps_error(before, collector):
    with pytest.raises(anthropic.InternalServerError, match="broke its answer off") as error:
        messages(before("completions", "standin-die-after-4"), "Hi", stream=False)
    assert error.value.status_code == 502
    _, attributes = collector.one()
    assert attributes["http.response.status_code"] == 502


def test_a_whole_answer_that_breaks_off_gives_way_to_another_provider(gateway, collector):
    text = CONFIG.replace("provider:\n            %s", "PROVIDERS") % ()
    groups = """\
      - ai:
          groups:
          - providers:
            - {name: first, hostOverride: "{upstream}", provider: {anthropic: {model: standin-die-after-4}}}
          - providers:
            - {name: second, hostOverride: "{upstream}", provider: {anthropic: {model: claude-sonnet-4-5}}}
"""
    head, _, tail = text.partition("      - ai:\n")
    running = gateway(head + groups + tail[tail.index("      policies:") :])
    assert chat(running, "Hi", stream=False)[0].startswith(SAID)
    span, attributes = collector.one()
    assert attributes["agw.backend"] == "second"
    tries = [attributes_of(event) for event in span.events if "attempt" in event.name]
    assert [one.get("error.type") for one in tries] == ["upstream_disconnected", None]
