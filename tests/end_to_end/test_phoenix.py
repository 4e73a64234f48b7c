"""Against a real Phoenix: what its API tells of a call is what the journal has of it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from agw.journal.place import NAME
from agw.journal.query import Reader
from agw.record import CallRecord
from bench_suite.ports import free_port
from support import phoenix
from support.configs import READY
from support.gateway import ROOT, Gateway
from support.phoenix import Phoenix

pytestmark = [pytest.mark.slow, pytest.mark.phoenix]

TOOL = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phoenix]:
    try:
        with phoenix.running(tmp_path_factory.mktemp("phoenix")) as running:
            yield running
    except phoenix.CannotInstall as error:
        pytest.skip(f"{error}; it comes from PyPI and takes 800 MB (AGW_TEST_CACHE says where)")


def run(server: Phoenix, standin, folder: Path, protocol: str, project: str):
    """A gateway on the ready config: three calls through it, a score of the first one, and the journal's records."""
    port, admin = free_port(), free_port()
    environ = {
        **READY,
        "AGW_PORT": str(port),
        "AGW_UPSTREAM": f"http://127.0.0.1:{standin.port}/v1",
        "PHOENIX_COLLECTOR_ENDPOINT": server.endpoint if protocol == "http" else server.grpc_endpoint,
        "PHOENIX_PROTOCOL": protocol,
        "PHOENIX_API": server.endpoint if protocol == "grpc" else "",
        "ADMIN_ADDR": f"127.0.0.1:{admin}",
        "PHOENIX_PROJECT_NAME": project,
    }
    with Gateway(ROOT / "config" / "phoenix.yaml", env=environ, folder=folder):
        client = openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="sk-app", max_retries=0, timeout=30)
        said = {"extra_headers": {"x-agw-user": "alice", "x-agw-session": f"conv-{project}", "x-agw-meta-team": "blue"}}
        system: Any = {"role": "system", "content": "be brief"}
        question: Any = {"role": "user", "content": "What is the weather in Höfn?"}
        streamed = client.chat.completions.with_raw_response.create(
            model="gpt-4o-mini", messages=[system, question], stream=True, **said
        )
        for _ in streamed.parse():
            pass
        tools: Any = [TOOL]
        client.chat.completions.create(model="gpt-4o-mini", messages=[question], tools=tools, **said)
        with pytest.raises(openai.RateLimitError):
            client.chat.completions.create(model="standin-status-429", messages=[question], **said)
        ids = {name: streamed.headers[f"x-agw-{name.replace('_', '-')}"] for name in ("trace_id", "span_id")}
        # Twice, as after an answer that was lost.
        for _ in range(2):
            score(admin, ids)
    spans = server.spans(project, lambda found: len(found) == 3)
    reader = Reader([folder / "state" / NAME])
    records = {span["spanId"]: one for span in spans for one in reader.find(span["spanId"])}
    return {span["spanId"]: span for span in spans}, records, ids


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_messages_tokens_cost_session_error_and_score_are_the_records(server, standin, tmp_path, protocol):
    spans, records, ids = run(server, standin, tmp_path, protocol, protocol)
    assert spans.keys() == records.keys()
    for span_id, record in records.items():
        the_same(spans[span_id], record)
    streamed, failed = spans[ids["span_id"]], next(one for one in spans.values() if one["statusCode"] == "ERROR")
    assert [event["name"] for event in failed["events"]] == ["exception"]
    assert "get_weather" in json.dumps([one["attributes"]["llm"].get("output_messages") for one in spans.values()])
    scored = server.spans(protocol, lambda found: any(one["spanAnnotations"] for one in found))
    ((annotation,),) = [one["spanAnnotations"] for one in scored if one["spanId"] == ids["span_id"]]
    assert (annotation["name"], annotation["score"], annotation["label"]) == ("helpful", 0.5, "good")
    assert (annotation["explanation"], annotation["annotatorKind"]) == ("nice", "HUMAN")
    assert streamed["attributes"]["metadata"]["team"] == "blue"


def the_same(span: dict[str, Any], record: CallRecord) -> None:
    told = span["attributes"]
    assert told["session"]["id"] == record.attribution.session
    assert told["user"]["id"] == record.attribution.user == "alice"
    assert span["statusCode"] == ("ERROR" if record.error else "UNSET")
    assert span["spanKind"] == "llm"
    if record.error is not None:
        assert span["statusMessage"] == record.error.message
        return
    usage, cost = record.answer.usage, record.cost
    assert usage is not None and cost is not None
    counts = (span["tokenCountPrompt"], span["tokenCountCompletion"], span["tokenCountTotal"])
    assert counts == (usage.input_tokens, usage.output_tokens, usage.total_tokens)
    assert span["costSummary"]["total"]["cost"] == pytest.approx(float(cost.total_usd), rel=1e-9)
    assert record.content is not None
    asked, answered = record.content.input_messages or [], record.content.output_messages or []
    texts = [part["content"] for one in asked for part in one["parts"] if part["type"] == "text"]
    messages = told["llm"]["input_messages"]
    assert [one["message"]["content"] for one in messages] == texts
    assert [one["message"]["role"] for one in messages] == [one["role"] for one in asked]
    (message,) = (one["message"] for one in told["llm"]["output_messages"])
    for part in answered[0]["parts"]:
        if part["type"] == "text":
            assert message["content"] == part["content"]
        else:
            called = message["tool_calls"][0]["tool_call"]["function"]
            assert (called["name"], json.loads(called["arguments"])) == (part["name"], part["arguments"])
    assert json.loads(span["input"]["value"])["messages"][-1]["content"] == texts[-1]
    assert json.loads(span["output"]["value"])["role"] == "assistant"


def score(admin: int, ids: dict[str, str]) -> None:
    body = json.dumps({"name": "helpful", "value": 0.5, "label": "good", "comment": "nice", **ids}).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{admin}/api/scores", body, headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert json.load(answer)["id"]
