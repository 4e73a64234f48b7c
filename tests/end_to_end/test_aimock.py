"""Every client against every provider, the providers being a server that this project did not write.

aimock (https://github.com/CopilotKit/aimock) speaks OpenAI's, Anthropic's, Gemini's and Bedrock's own APIs. It needs
Node; where it is not installed these tests say so: ``npm ci --prefix tests/aimock``.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from google import genai
from google.genai import errors, types

from bench_suite.ports import free_port
from support.gateway import Process

FOLDER = Path(__file__).resolve().parents[1] / "aimock"
PROGRAM = FOLDER / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not PROGRAM.is_file(),
    reason="aimock is not installed: it needs Node, and npm ci --prefix tests/aimock",
)
PROVIDERS = {
    "openai": "openAI: {model: gpt-4o}",
    "anthropic": "anthropic: {model: claude-sonnet-4-5}",
    "gemini": "gemini: {model: gemini-2.5-flash}",
    "bedrock": "bedrock: {model: anthropic.claude-sonnet-4-5-v1, region: us-east-1}",
}
AWS = "{aws: {accessKeyId: AKIAcanary, secretAccessKey: secret-canary, region: us-east-1}}"
BIND = """\
- port: %d
  listeners:
  - routes:
    - backends:
      - ai:
          name: %s
          hostOverride: {upstream}
          provider: {%s}
      policies: {backendAuth: %s}
"""
TEXT, TOOL, THOUGHT = "Hi there, how are you today?", {"city": "Oslo"}, "Let me see."
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}


@pytest.fixture(scope="module")
def aimock() -> Iterator[int]:
    port = free_port()
    with Process("node", str(PROGRAM), "-p", str(port), "-f", str(FOLDER / "answers.json")) as process:
        process.wait_for_line("listening on")
        yield port


@pytest.fixture
def ports(gateway: Callable[..., Any], collector: Any, aimock: int) -> dict[str, int]:
    return serve(gateway, aimock)


def serve(gateway: Callable[..., Any], upstream: int) -> dict[str, int]:
    """One gateway, a port for each provider."""
    found = {name: free_port() for name in PROVIDERS}
    binds = [
        BIND % (found[name], name, provider, AWS if name == "bedrock" else "{key: canary}")
        for name, provider in PROVIDERS.items()
    ]
    head = "config:\n  tracing:\n    otlpEndpoint: {collector}\n    randomSampling: true\nbinds:\n"
    gateway(head + "".join(binds), upstream=f"127.0.0.1:{upstream}")
    return found


# --- each client: (text, thought, arguments of the call) of one question ---------------------------------------------

Told = tuple[str | None, str | None, Any]


def chat(port: int, question: str, stream: bool) -> Told:
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="k", max_retries=0)
    tools: Any = [{"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}]
    asked: Any = {"model": "m", "messages": [{"role": "user", "content": question}], "tools": tools}
    if not stream:
        message: Any = client.chat.completions.create(**asked).choices[0].message
        thought = getattr(message, "reasoning_content", None)
    else:
        thought = ""
        with client.chat.completions.stream(**asked) as events:
            for event in events:
                if event.type == "chunk" and event.chunk.choices:
                    thought += getattr(event.chunk.choices[0].delta, "reasoning_content", None) or ""
            message = events.get_final_completion().choices[0].message
    call = message.tool_calls[0].function if message.tool_calls else None
    assert call is None or call.name == "get_weather"
    return message.content or None, thought or None, call and json.loads(call.arguments)


def responses(port: int, question: str, stream: bool) -> Told:
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="k", max_retries=0)
    asked: Any = {
        "model": "m",
        "input": question,
        "tools": [{"type": "function", "name": "get_weather", "parameters": SCHEMA}],
    }
    if stream:
        with client.responses.stream(**asked) as events:
            answer: Any = events.get_final_response()
    else:
        answer = client.responses.create(**asked)
    thoughts = [
        text.text
        for item in answer.output
        if item.type == "reasoning"
        for text in (*item.summary, *(item.content or ()))
    ]
    calls = [item for item in answer.output if item.type == "function_call"]
    return answer.output_text or None, "".join(thoughts) or None, json.loads(calls[0].arguments) if calls else None


def messages(port: int, question: str, stream: bool) -> Told:
    client = anthropic.Anthropic(base_url=f"http://127.0.0.1:{port}", api_key="k", max_retries=0)
    asked: Any = {"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": question}],
                  "tools": [{"name": "get_weather", "input_schema": SCHEMA}]}  # fmt: skip
    if stream:
        with client.messages.stream(**asked) as events:
            answer: Any = events.get_final_message()
    else:
        answer = client.messages.create(**asked)
    said: dict[str, Any] = {}
    for block in answer.content:
        said[block.type] = getattr(block, {"text": "text", "thinking": "thinking", "tool_use": "input"}[block.type])
    return said.get("text"), said.get("thinking"), said.get("tool_use")


def gemini(port: int, question: str, stream: bool) -> Told:
    client = genai.Client(api_key="k", http_options=types.HttpOptions(base_url=f"http://127.0.0.1:{port}"))
    declared = types.FunctionDeclaration(name="get_weather", parameters_json_schema=SCHEMA)
    config = types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=[declared])],
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    asked: Any = {"model": "gemini-2.5-flash", "contents": question, "config": config}
    answers = (
        list(client.models.generate_content_stream(**asked)) if stream else [client.models.generate_content(**asked)]
    )
    parts = [part for one in answers for part in (one.candidates or [])[0].content.parts or ()]  # type: ignore[union-attr]
    text = "".join(part.text for part in parts if part.text and not part.thought)
    thought = "".join(part.text for part in parts if part.text and part.thought)
    calls = [part.function_call for part in parts if part.function_call]
    return text or None, thought or None, calls[0].args if calls else None


CLIENTS: dict[str, Callable[[int, str, bool], Told]] = {
    "chat": chat,
    "responses": responses,
    "messages": messages,
    "gemini": gemini,
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_every_client_is_answered_by_every_provider(ports, collector, stream):
    wrong = []
    for name, client in CLIENTS.items():
        for provider, port in ports.items():
            for question, told in (
                ("hello", (TEXT, None, None)),
                ("weather", (None, None, TOOL)),
                ("think", ("Forty-two.", THOUGHT, None)),
            ):
                try:
                    found: Any = client(port, question, stream)
                except Exception as error:
                    found = repr(error)
                if found != told:
                    wrong.append((name, provider, question, found))
    assert wrong == []
    spans = collector.wait_for(len(CLIENTS) * len(ports) * 3)
    assert all(span.status.code == 0 for span in spans)


NATIVE = {("chat", "openai"), ("responses", "openai"), ("messages", "anthropic"), ("gemini", "gemini")}
# RuntimeError is how OpenAI's SDK tells that a response was never completed.
REFUSED = (openai.APIError, anthropic.APIError, errors.APIError, RuntimeError)


@pytest.mark.parametrize(
    ("trouble", "status"), [("drop", 500), ("ratelimit", 429), ("malformed", 502), ("disconnect", None)]
)
def test_whatever_goes_wrong_at_a_provider_is_an_error_of_the_clients_own_api(gateway, collector, trouble, status):
    port, wrong = free_port(), []
    with Process(
        "node", str(PROGRAM), "-p", str(port), "-f", str(FOLDER / "answers.json"), f"--chaos-{trouble}", "1"
    ) as process:
        process.wait_for_line("listening on")
        ports = serve(gateway, port)
        for name, client in CLIENTS.items():
            for provider, at in ports.items():
                if trouble == "malformed" and (name, provider) in NATIVE:
                    # What is not translated passes as it came.
                    continue
                for stream in (False, True):
                    try:
                        found: Any = client(at, "hello", stream)
                    except REFUSED as error:
                        found = getattr(error, "status_code", None) or getattr(error, "code", None)
                        # A stream that had begun can only tell its error as an event.
                        found = status if stream and trouble == "malformed" else found
                    except Exception as error:
                        found = repr(error)
                    if isinstance(found, tuple | str) or (status is not None and found != status):
                        wrong.append((name, provider, stream, found))
    assert wrong == []
