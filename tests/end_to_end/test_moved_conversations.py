"""Conversations that another format's provider began and one of the app's own format goes on with, by official SDKs."""

from __future__ import annotations

import json
from collections.abc import Iterator

import anthropic
import openai
import pytest
from google import genai
from google.genai import types

from support.native_upstream import Upstream, native_upstream
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
    - matches:
      - path: {pathPrefix: /}
        headers: [{name: x-move, value: {exact: home}}]
      backends:
      - ai:
          name: home
          hostOverride: HOME
          provider: {%s}
      policies: {backendAuth: {key: home-canary}}
    - backends:
      - ai:
          name: abroad
          hostOverride: ABROAD
          provider: {%s}
      policies: {backendAuth: {key: abroad-canary}}
"""
GEMINI = "gemini: {model: gemini-3-flash}"
CLAUDE = "anthropic: {model: claude-sonnet-4-5}"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
HOME = {"x-move": "home"}


@pytest.fixture
def google() -> Iterator[Upstream]:
    with native_upstream() as running:
        yield running


@pytest.fixture
def between(gateway, standin, google):
    """Starts a gateway with a provider at home and one abroad: Gemini's is ``google``, any other the stand-in's."""

    def start(home, abroad):
        places = [google.address if one is GEMINI else f"127.0.0.1:{standin.port}" for one in (home, abroad)]
        text = (CONFIG % (home, abroad)).replace("HOME", places[0]).replace("ABROAD", places[1])
        return gateway(text)

    return start


def last_notes(collector, count):
    return [tuple(attributes_of(span).get("agw.notes", ())) for span in collector.wait_for(count)][-1]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_what_gemini_thought_and_signed_stays_behind_when_claude_goes_on(between, standin, collector, stream):
    running = between(CLAUDE, GEMINI)
    client = anthropic.Anthropic(base_url=f"http://127.0.0.1:{running.port}", api_key="app-canary", max_retries=0)
    talk = [{"role": "user", "content": "the weather?"}]
    asked = {
        "model": "m",
        "max_tokens": 5000,
        "thinking": {"type": "enabled", "budget_tokens": 2000},
        "tools": [{"name": "weather", "input_schema": SCHEMA}],
    }
    if stream:
        with client.messages.stream(messages=talk, **asked) as events:
            first = events.get_final_message()
    else:
        first = client.messages.create(messages=talk, **asked)
    thought, call = first.content
    assert (thought.type, call.type, "__thought__" in call.id) == ("thinking", "tool_use", True)
    talk.append({"role": "assistant", "content": [block.to_dict() for block in first.content]})
    talk.append({"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "rain"}]})
    client.messages.create(messages=talk, extra_headers=HOME, **asked)
    sent = json.loads(standin.last()["body"])
    (block,) = sent["messages"][1]["content"]
    own = call.id.partition("__")[0]
    assert (block["type"], block["id"]) == ("tool_use", own)
    assert sent["messages"][2]["content"][0]["tool_use_id"] == own
    assert sent["thinking"] == {"type": "disabled"}
    assert last_notes(collector, 2) == ("dropped: reasoning", "dropped: thinking")


def test_ids_that_gemini_signed_are_plain_ids_for_openai(between, standin):
    running = between("openAI: {model: gpt-4o-mini}", GEMINI)
    client = openai.OpenAI(base_url=running.base_url, api_key="app-canary", max_retries=0)
    tools = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]
    talk = [{"role": "user", "content": "the weather?"}]
    message = client.chat.completions.create(model="m", messages=talk, tools=tools).choices[0].message
    call = message.tool_calls[0]
    talk += [message.to_dict(), {"role": "tool", "tool_call_id": call.id, "content": "rain"}]
    client.chat.completions.create(model="m", messages=talk, tools=tools, extra_headers=HOME)
    _, asked, answered = json.loads(standin.last()["body"])["messages"]
    own = call.id.partition("__")[0]
    assert call.id != own == asked["tool_calls"][0]["id"] == answered["tool_call_id"]


def test_what_claude_signed_stays_behind_when_openai_goes_on(between, standin, collector):
    running = between("openAI: {model: gpt-5}", CLAUDE)
    client = openai.OpenAI(base_url=running.base_url, api_key="app-canary", max_retries=0)
    asked = {
        "model": "m",
        "tools": [{"type": "function", "name": "weather", "parameters": SCHEMA, "strict": False}],
        "reasoning": {"effort": "high", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "store": False,
    }
    talk = [{"role": "user", "content": "the weather in both?"}]
    first = client.responses.create(input=talk, **asked)
    assert first.output[0].encrypted_content.startswith("agw.anthropic.")
    calls = [item for item in first.output if item.type == "function_call"]
    results = [{"type": "function_call_output", "call_id": call.call_id, "output": "rain"} for call in calls]
    talk += [*[item.to_dict() for item in first.output], *results]
    client.responses.create(input=talk, extra_headers=HOME, **asked)
    kinds = [item.get("type", "message") for item in json.loads(standin.last()["body"])["input"]]
    assert kinds == ["message", "function_call", "function_call", "function_call_output", "function_call_output"]
    assert last_notes(collector, 2) == ("dropped: reasoning",)


def test_what_claude_signed_stays_behind_when_gemini_goes_on(between, google):
    running = between(GEMINI, CLAUDE)
    options = types.HttpOptions(base_url=f"http://127.0.0.1:{running.port}")
    client = genai.Client(api_key="app-canary", http_options=options)
    declared = types.FunctionDeclaration(name="weather", parameters_json_schema=SCHEMA)
    config = types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=[declared])],
        thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_budget=2000),
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    talk = [types.Content(role="user", parts=[types.Part(text="the weather in both?")])]
    first = client.models.generate_content(model="m", contents=talk, config=config).candidates[0].content
    assert first.parts[0].thought
    results = [types.Part.from_function_response(name="weather", response={"result": "rain"}) for _ in first.parts[1:]]
    talk += [first, types.Content(role="user", parts=results)]
    config.http_options = types.HttpOptions(headers=HOME)
    client.models.generate_content(model="m", contents=talk, config=config)
    parts = google.seen[-1]["body"]["contents"][1]["parts"]
    assert [next(iter(part.keys() - {"thoughtSignature"})) for part in parts] == ["functionCall", "functionCall"]
    assert [part.get("thoughtSignature") for part in parts] == ["skip_thought_signature_validator", None]


def test_a_conversation_that_holds_nothing_of_others_passes_byte_for_byte(between, standin):
    running = between("anthropic: {}", GEMINI)
    block = '{"type": "thinking", "thinking": "agw. __thought__", "signature": "EqQB", "new": 1.0}'
    body = '{"model":"claude-x","max_tokens": 9,"messages":[{"role":"user","content":"Hi"},'
    body += '{"role":"assistant","content":[%s]},{"role":"user","content":"so?"}]}' % block
    client = anthropic.Anthropic(base_url=f"http://127.0.0.1:{running.port}", api_key="app-canary", max_retries=0)
    client._client.post(
        f"http://127.0.0.1:{running.port}/v1/messages",
        content=body.encode(),
        headers={"content-type": "application/json", **HOME},
    ).raise_for_status()
    assert standin.last()["body"] == body
