"""The ready configs of the folder, started as they are written: only their documented variables are set."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2 as httpx
import openai
import pytest

from bench_suite.ports import free_port
from conftest import CONFIG
from standin_provider.certificate import make_certificate
from support.configs import READY
from support.gateway import ROOT, Gateway
from support.json_receiver import JsonReceiver
from support.otlp_receiver import GrpcReceiver, HttpReceiver
from support.relay import Relay

CANARY = {name: f"{value}-canary" for name, value in READY.items()}
QUESTION = "What is a cat?"


@pytest.fixture
def ready(tmp_path: Path, standin) -> Iterator[Callable[..., str]]:
    """Starts a config of the folder by its name; gives the base URL for apps."""
    started: list[Gateway] = []

    def start(name: str, *arguments: str, **environ: str) -> str:
        port = free_port()
        environ = {
            **CANARY,
            "AGW_PORT": str(port),
            "AGW_UPSTREAM": f"http://127.0.0.1:{standin.port}/v1",
            **environ,
        }
        started.append(Gateway(ROOT / "config" / name, *arguments, env=environ, folder=tmp_path))
        return f"http://127.0.0.1:{port}/v1"

    yield start
    for process in started:
        process.stop()
        assert "Traceback" not in process.output, process.output
        assert "canary" not in process.output, process.output


def ask(base_url: str) -> str:
    """A streamed chat of a known user; its answer's text."""
    client = openai.OpenAI(base_url=base_url, api_key="sk-app", max_retries=0, timeout=20)
    chunks = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "system", "content": "be brief"}, {"role": "user", "content": QUESTION}],
        stream=True,
        extra_headers={
            "x-agw-user": "alice",
            "x-agw-session": "conv-1",
            "x-agw-tags": "beta",
            "x-agw-prompt-name": "greet",
            "x-agw-prompt-version": "3",
            "x-agw-meta-team": "blue",
        },
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def test_langfuse(ready):
    with HttpReceiver() as langfuse:
        text = ask(ready("langfuse.yaml", LANGFUSE_BASE_URL=langfuse.endpoint))
        _, found = langfuse.one()
        assert langfuse.path == "/api/public/otel/v1/traces"
        assert langfuse.headers["authorization"].startswith("Basic ")
        assert langfuse.headers["x-langfuse-ingestion-version"] == "4"
    assert found["langfuse.observation.type"] == "generation"
    assert json.loads(found["langfuse.observation.input"])["messages"][1] == {"role": "user", "content": QUESTION}
    assert json.loads(found["langfuse.observation.output"])["content"] == text
    usage = json.loads(found["langfuse.observation.usage_details"])
    assert usage.pop("total") == sum(usage.values()) == 21
    assert json.loads(found["langfuse.observation.cost_details"])["total"] > 0
    assert found["langfuse.observation.completion_start_time"].endswith("Z")
    assert (found["user.id"], found["session.id"], found["langfuse.trace.tags"]) == ("alice", "conv-1", ["beta"])
    assert (found["langfuse.observation.prompt.name"], found["langfuse.observation.prompt.version"]) == ("greet", 3)
    assert found["langfuse.trace.metadata.team"] == "blue"


def test_langsmith(ready):
    with HttpReceiver() as langsmith:
        text = ask(ready("langsmith.yaml", LANGSMITH_ENDPOINT=langsmith.endpoint, LANGSMITH_PROJECT="mine"))
        span, found = langsmith.one()
        assert langsmith.path == "/otel/v1/traces"
        assert langsmith.headers["x-api-key"] == CANARY["LANGSMITH_API_KEY"]
        assert langsmith.headers["langsmith-project"] == "mine"
    assert not span.parent_span_id
    assert json.loads(found["gen_ai.prompt"])["messages"][0] == {"role": "system", "content": "be brief"}
    assert json.loads(found["gen_ai.completion"])["content"] == text
    assert json.loads(found["langsmith.usage_metadata"])["total_cost"] > 0
    assert (found["langsmith.metadata.thread_id"], found["langsmith.metadata.user_id"]) == ("conv-1", "alice")
    assert [event.name for event in span.events] == ["new_token"]


@pytest.mark.parametrize("receiver", [HttpReceiver, GrpcReceiver])
def test_phoenix(ready, receiver):
    with receiver() as phoenix:
        base_url = ready(
            "phoenix.yaml",
            PHOENIX_COLLECTOR_ENDPOINT=phoenix.endpoint,
            PHOENIX_PROTOCOL="grpc" if receiver is GrpcReceiver else "http",
            PHOENIX_PROJECT_NAME="mine",
        )
        text = ask(base_url)
        _, found = phoenix.one()
        assert "authorization" not in phoenix.headers
        assert phoenix.resource["openinference.project.name"] == "mine"
    assert found["openinference.span.kind"] == "LLM"
    assert json.loads(found["output.value"])["content"] == text
    assert json.loads(found["gen_ai.input.messages"])[-1]["parts"] == [{"type": "text", "content": QUESTION}]
    assert found["llm.token_count.total"] == found["llm.token_count.prompt"] + found["llm.token_count.completion"]


def test_helicone(ready):
    with JsonReceiver() as helicone:
        text = ask(ready("helicone.yaml", HELICONE_ENDPOINT=helicone.endpoint))
        (log,) = helicone.wait_for(1)
    assert log.path == "/oai/v1/log"
    assert log.headers["authorization"] == f"Bearer {CANARY['HELICONE_API_KEY']}"
    meta = log.json["providerRequest"]["meta"]
    assert (meta["Helicone-User-Id"], meta["Helicone-Session-Id"]) == ("alice", "conv-1")
    assert log.headers["helicone-property-team"] == "blue"
    assert uuid.UUID(meta["Helicone-Request-Id"]).version == 4
    assert log.json["providerRequest"]["json"]["messages"][1] == {"role": "user", "content": QUESTION}
    event = json.loads(log.json["providerResponse"]["textBody"].split("\n")[0].removeprefix("data: "))
    assert event["choices"][0]["delta"]["content"] == text
    assert event["usage"]["cost"] > 0
    assert log.json["timing"]["timeToFirstToken"] >= 0


def test_helicones_own_proxy(ready, standin, tmp_path):
    certificate, key = make_certificate(tmp_path)
    with Relay(standin.port, (certificate, key)) as proxy:
        ask(ready("helicone-proxy.yaml", HELICONE_PROXY=f"localhost:{proxy.port}", SSL_CERT_FILE=str(certificate)))
    seen = standin.last()
    headers = {name.lower(): value for name, value in seen["headers"].items()}
    assert headers["host"] == "oai.helicone.ai"
    assert headers["helicone-auth"] == f"Bearer {CANARY['HELICONE_API_KEY']}"
    assert headers["authorization"] == f"Bearer {CANARY['OPENAI_API_KEY']}"
    assert seen["path"].endswith("/v1/chat/completions")


def test_all_of_them_at_once(ready):
    with (
        GrpcReceiver() as collector,
        HttpReceiver() as langfuse,
        HttpReceiver() as langsmith,
        HttpReceiver() as phoenix,
        JsonReceiver() as helicone,
    ):
        base_url = ready(
            "all.yaml",
            COLLECTOR=collector.endpoint,
            LANGFUSE_BASE_URL=langfuse.endpoint,
            LANGSMITH_ENDPOINT=langsmith.endpoint,
            PHOENIX_COLLECTOR_ENDPOINT=phoenix.endpoint,
            PHOENIX_PROTOCOL="http",
            PHOENIX_SAMPLING="1",
            HELICONE_ENDPOINT=helicone.endpoint,
        )
        ask(base_url)
        _, at_langfuse = langfuse.one()
        _, at_langsmith = langsmith.one()
        _, at_phoenix = phoenix.one()
        (log,) = helicone.wait_for(1)
        assert len(collector.spans) <= 1
    tokens = {one["gen_ai.usage.input_tokens"] for one in (at_langfuse, at_langsmith, at_phoenix)}
    assert len(tokens) == 1
    assert {one["agw.ai.usage.cost.total"] for one in (at_langfuse, at_langsmith, at_phoenix)}
    assert log.json["providerRequest"]["json"]["messages"] == []
    assert "langfuse.observation.type" not in at_phoenix


def test_a_collector_over_http(ready):
    with HttpReceiver() as collector:
        ask(ready("otlp-http.yaml", COLLECTOR=collector.endpoint, COLLECTOR_AUTHORIZATION="Basic xx"))
        _, found = collector.one()
        assert (collector.path, collector.headers["authorization"]) == ("/v1/traces", "Basic xx")
    # The superset: what each platform behind the collector looks for, and no prompt that nobody asked to record.
    assert {"llm.token_count.total", "langfuse.observation.type", "langsmith.span.kind"} <= found.keys()
    assert QUESTION not in str(found)


EXAMPLES = {
    "langfuse": (
        """\
          span.name: '"openai.chat"'
          gen_ai.system: 'llm.provider'
          gen_ai.prompt: 'flattenRecursive(llm.prompt)'
          gen_ai.completion: 'flattenRecursive(llm.completion.map(c, {"role":"assistant", "content": c}))'
""",
        "openai.chat",
        {"gen_ai.prompt.1.role": "user", "gen_ai.prompt.1.content": QUESTION, "gen_ai.completion.0.role": "assistant"},
    ),
    "phoenix": (
        """\
          span.name: '"OpenInference"'
          openinference.span.kind: '"LLM"'
          llm.system: 'llm.provider'
          llm.input_messages: 'flattenRecursive(llm.prompt.map(c, {"message": c}))'
          llm.token_count.total: 'llm.totalTokens'
""",
        "OpenInference",
        {"llm.input_messages.0.message.role": "system", "llm.token_count.total": 21, "llm.system": "openai"},
    ),
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_references_own_examples_for_platforms_work_as_they_are(gateway, example):
    fields, name, expected = EXAMPLES[example]
    with HttpReceiver() as platform:
        text = (
            "config:\n  tracing:\n"
            f"    otlpEndpoint: {platform.endpoint}/api/public/otel/v1/traces\n"
            "    otlpProtocol: http\n"
            "    headers: {Authorization: 'Basic cGs6c2s='}\n"
            f"    randomSampling: true\n    fields:\n      add:\n{fields}"
        ) + CONFIG[CONFIG.index("binds:") :]
        ask(gateway(text).base_url)
        span, found = platform.one()
    assert span.name == name
    assert found.items() >= expected.items()


def test_a_team_with_its_key(ready, standin):
    base_url = ready("team.yaml")
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "my card: 4111 1111 1111 1111"}]}

    def answer(key: str, model: str = "gpt-4o-mini") -> int:
        found = httpx.post(f"{base_url}/chat/completions", json={**body, "model": model}, headers={"x-api-key": key})
        return found.status_code

    assert answer(CANARY["TEAM_KEY"]) == 200
    assert "my card: <CREDIT_CARD>" in standin.last()["body"]
    assert answer("sk-wrong-canary") == 401
    assert answer(CANARY["TEAM_KEY"], "o1-pro") == 403
