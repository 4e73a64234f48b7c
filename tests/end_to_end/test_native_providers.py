"""Gemini and Bedrock through a real mitmdump: the official SDKs as clients, the providers' own bytes as answers."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import anthropic
import boto3
import openai
import pytest
from botocore.config import Config
from google import genai
from google.genai import types

from bench_suite.ports import free_port
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
    - backends:
      - ai:
          name: %s
          hostOverride: {upstream}
          provider:
            %s
      policies:
        backendAuth: %s
"""
GEMINI = CONFIG % ("google", "gemini: {model: gemini-2.5-flash}", '{key: "AIza-canary"}')
BEDROCK = CONFIG % (
    "aws",
    "bedrock: {model: MODEL, region: us-east-1}",
    "{aws: {accessKeyId: AKIAcanary, secretAccessKey: secret-canary, region: us-east-1}}",
)
CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
VERTEX = CONFIG % (
    "google",
    "vertex: {model: text-embedding-005, projectId: p, region: us-central1}",
    '{key: "canary"}',
)
OPENAI = CONFIG % ("openai", "openAI: {model: gpt-4o-mini}", '{key: "sk-canary"}')
WEATHER = {"type": "object", "properties": {"city": {"type": ["string", "null"]}}, "additionalProperties": False}
HI = [{"role": "user", "content": "Hi"}]


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with native_upstream() as running:
        yield running


def openai_client(running):
    return openai.OpenAI(base_url=running.base_url, api_key="app-canary", max_retries=0)


def anthropic_client(running):
    return anthropic.Anthropic(base_url=f"http://127.0.0.1:{running.port}", api_key="app-canary", max_retries=0)


def google_client(running):
    options = types.HttpOptions(base_url=f"http://127.0.0.1:{running.port}")
    return genai.Client(api_key="app-canary", http_options=options)


def usage_of(collector):
    _, attributes = collector.one()
    names = ("input_tokens", "output_tokens", "cache_read.input_tokens", "reasoning.output_tokens")
    return tuple(attributes.get(f"gen_ai.usage.{name}") for name in names)


@pytest.mark.parametrize("stream", [False, True])
def test_an_openai_app_is_answered_by_gemini_and_its_signature_comes_back(gateway, collector, upstream, stream):
    client = openai_client(gateway(GEMINI, upstream=upstream.address))
    tools = [{"type": "function", "function": {"name": "get weather", "parameters": WEATHER}}]
    if stream:
        with client.chat.completions.stream(model="m", messages=HI, tools=tools) as events:
            message = events.get_final_completion().choices[0].message
    else:
        message = client.chat.completions.create(model="m", messages=HI, tools=tools).choices[0].message
    call = message.tool_calls[0]
    assert (call.function.name, call.function.arguments) == ("get weather", '{"city":"Oslo"}')
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    assert upstream.seen[0]["path"] == f"/v1beta/models/gemini-2.5-flash:{method}"
    assert upstream.seen[0]["headers"]["x-goog-api-key"] == "AIza-canary"
    declared = upstream.seen[0]["body"]["tools"][0]["functionDeclarations"][0]
    assert declared["parameters"]["properties"]["city"] == {"type": "STRING", "nullable": True}
    assert usage_of(collector) == (20, 12, 8, 7)
    asked = [
        *HI,
        {"role": "assistant", "tool_calls": [call.model_dump()]},
        {"role": "tool", "tool_call_id": call.id, "content": "hot"},
    ]
    answer = client.chat.completions.create(model="m", messages=asked, tools=tools)
    assert answer.choices[0].message.content == "Hello there"
    assert upstream.seen[1]["body"]["contents"][1]["parts"][0]["thoughtSignature"] == "c2ln"


@pytest.mark.parametrize("stream", [False, True])
def test_claude_code_is_answered_by_bedrock_in_its_own_framing(gateway, collector, upstream, stream):
    client = anthropic_client(gateway(BEDROCK.replace("MODEL", CLAUDE), upstream=upstream.address))
    asked = {
        "model": "claude-x", "max_tokens": 500, "messages": HI,
        "system": [{"type": "text", "text": "Be brief", "cache_control": {"type": "ephemeral"}}],
        "tools": [{"name": "get weather", "input_schema": WEATHER}],
    }  # fmt: skip
    if stream:
        with client.messages.stream(**asked) as events:
            message = events.get_final_message()
    else:
        message = client.messages.create(**asked)
    (block,) = message.content
    assert (block.type, block.name, block.input, message.stop_reason) == (
        "tool_use",
        "get weather",
        {"city": "Oslo"},
        "tool_use",
    )
    assert (message.usage.input_tokens, message.usage.cache_read_input_tokens) == (3, 100)
    (seen,) = upstream.seen
    assert seen["path"] == f"/model/{CLAUDE}/{'converse-stream' if stream else 'converse'}"
    assert seen["headers"]["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIAcanary/")
    assert seen["body"]["system"][1] == {"cachePoint": {"type": "default"}}
    assert usage_of(collector) == (103, 9, 100, None)


def test_a_responses_app_is_answered_by_bedrock(gateway, collector, upstream):
    client = openai_client(gateway(BEDROCK.replace("MODEL", "amazon.nova-lite-v1:0"), upstream=upstream.address))
    with client.responses.stream(model="m", input="Hi") as events:
        answer = events.get_final_response()
    assert answer.output_text == "Hello there"
    assert usage_of(collector) == (103, 9, 100, None)


@pytest.mark.parametrize("stream", [False, True])
def test_googles_sdk_is_answered_by_openai(gateway, standin, collector, stream):
    client = google_client(gateway(OPENAI))
    config = types.GenerateContentConfig(system_instruction="Be brief", temperature=0.5)
    if stream:
        chunks = list(client.models.generate_content_stream(model="gpt-x", contents="Hi", config=config))
        text, usage = "".join(one.text or "" for one in chunks), chunks[-1].usage_metadata
    else:
        answer = client.models.generate_content(model="gpt-x", contents="Hi", config=config)
        text, usage = answer.text, answer.usage_metadata
    assert text.startswith("The gateway sees")
    assert (usage.prompt_token_count, usage.candidates_token_count, usage.thoughts_token_count) == (12, 7, 2)
    assert standin.last()["path"].endswith("/chat/completions")
    assert usage_of(collector) == (12, 9, 4, 2)


@pytest.mark.parametrize("stream", [False, True])
def test_googles_sdk_and_gemini_pass_as_they_came(gateway, collector, upstream, stream):
    client = google_client(gateway(GEMINI, upstream=upstream.address))
    if stream:
        chunks = list(client.models.generate_content_stream(model="gemini-2.5-flash", contents="Hi"))
        assert "".join(one.text for one in chunks) == "Hello there"
    else:
        assert client.models.generate_content(model="gemini-2.5-flash", contents="Hi").text == "Hello there"
    assert usage_of(collector) == (20, 12, 8, 7)


def boto3_client(running):
    return boto3.client(
        "bedrock-runtime", region_name="us-east-1", endpoint_url=f"http://127.0.0.1:{running.port}",
        aws_access_key_id="app-canary", aws_secret_access_key="x", config=Config(retries={"max_attempts": 0}),
    )  # fmt: skip


def test_boto3_and_bedrock_pass_as_they_came(gateway, collector, upstream):
    client = boto3_client(gateway(BEDROCK.replace("MODEL", CLAUDE), upstream=upstream.address))
    messages = [{"role": "user", "content": [{"text": "Hi"}]}]
    stream = client.converse_stream(modelId=CLAUDE, messages=messages)["stream"]
    deltas = [one["contentBlockDelta"]["delta"]["text"] for one in stream if "contentBlockDelta" in one]
    assert "".join(deltas) == "Hello there"
    assert usage_of(collector) == (103, 9, 100, None)


@pytest.mark.parametrize("stream", [False, True])
def test_an_invoked_claude_passes_as_it_came_and_is_read(gateway, collector, upstream, stream):
    client = boto3_client(gateway(BEDROCK.replace("MODEL", CLAUDE), upstream=upstream.address))
    body = (
        '{"anthropic_version": "bedrock-2023-05-31", "max_tokens":  9, "messages": [{"role": "user", "content": "Hi"}]}'
    )
    if stream:
        events = client.invoke_model_with_response_stream(modelId=CLAUDE, body=body)["body"]
        kinds = [json.loads(one["chunk"]["bytes"])["type"] for one in events]
        assert (kinds[0], kinds[-1]) == ("message_start", "message_stop")
    else:
        answer = json.loads(client.invoke_model(modelId=CLAUDE, body=body)["body"].read())
        assert answer["content"][0]["text"] == "Hello there"
    assert upstream.seen[0]["body"] == json.loads(body)
    assert upstream.seen[0]["headers"]["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIAcanary/")
    span, attributes = collector.one()
    assert span.name == f"chat {CLAUDE}"
    assert attributes["gen_ai.response.finish_reasons"] == ["stop"]
    assert tuple(attributes[f"gen_ai.usage.{one}"] for one in ("input_tokens", "output_tokens")) == (103, 9)


def test_gemini_is_recorded_where_the_traffic_is_only_looked_at(gateway, standin, collector, upstream, tmp_path):
    """The model stands in the path only; a script of the person's own sends the known host's flows to the test."""
    redirect = tmp_path / "redirect.py"
    redirect.write_text(
        "def server_connect(data):\n"
        "    if data.server.address[0] == 'generativelanguage.googleapis.com':\n"
        f"        data.server.address = ('127.0.0.1', {upstream.port})\n"
    )
    proxy = free_port()
    gateway(OPENAI, "--mode", f"regular@127.0.0.1:{proxy}", "-s", str(redirect))
    url = "http://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": f"http://127.0.0.1:{proxy}"}))
    body = b'{"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}'
    opener.open(urllib.request.Request(url, body, {"content-type": "application/json"})).read()
    span, attributes = collector.one()
    assert span.name == "generate_content gemini-2.5-flash"
    assert attributes["gen_ai.usage.output_tokens"] == 12
    assert attributes["gen_ai.request.stream"] is True


def test_embeddings_and_rerank_are_translated(gateway, collector, upstream):
    client = openai_client(gateway(BEDROCK.replace("MODEL", "amazon.titan-embed-text-v2:0"), upstream=upstream.address))
    answer = client.embeddings.create(model="m", input="a")
    assert (answer.data[0].embedding, answer.usage.prompt_tokens) == ([0.5, 0.25], 6)
    assert usage_of(collector)[0] == 6
    client = openai_client(gateway(VERTEX, upstream=upstream.address))
    answer = client.embeddings.create(model="m", input=["a", "b"])
    assert (len(answer.data), answer.usage.prompt_tokens) == (2, 6)
    client = openai_client(gateway(BEDROCK.replace("MODEL", "cohere.rerank-v3-5:0"), upstream=upstream.address))
    ranked = client.post("/rerank", body={"model": "m", "query": "q", "documents": ["a", "b"]}, cast_to=object)
    assert ranked["results"] == [{"index": 1, "relevance_score": 0.9}]
    config = upstream.seen[-1]["body"]["rerankingConfiguration"]["bedrockRerankingConfiguration"]
    assert config["modelConfiguration"]["modelArn"].endswith("us-east-1::foundation-model/cohere.rerank-v3-5:0")


def test_tokens_are_counted_by_bedrock(gateway, upstream):
    client = anthropic_client(gateway(BEDROCK.replace("MODEL", CLAUDE), upstream=upstream.address))
    assert client.messages.count_tokens(model="m", messages=HI).input_tokens == 33


@pytest.mark.parametrize("config", [GEMINI, BEDROCK.replace("MODEL", CLAUDE)], ids=["gemini", "bedrock"])
def test_errors_keep_their_status_in_the_clients_shape(gateway, collector, upstream, config):
    upstream.status = 429
    running = gateway(config, upstream=upstream.address)
    with pytest.raises(openai.RateLimitError, match="no quota"):
        openai_client(running).chat.completions.create(model="m", messages=HI)
    with pytest.raises(anthropic.RateLimitError, match="no quota"):
        anthropic_client(running).messages.create(model="m", max_tokens=9, messages=HI)


def test_a_picture_by_url_is_refused_for_bedrock_with_400(gateway, upstream):
    client = openai_client(gateway(BEDROCK.replace("MODEL", CLAUDE), upstream=upstream.address))
    image = {"type": "image_url", "image_url": {"url": "https://x.example/a.png"}}
    with pytest.raises(openai.BadRequestError, match="data URL"):
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": [image]}])
    assert upstream.seen == []


def test_coheres_tokens_are_read_from_bedrocks_header(gateway, collector, upstream):
    client = openai_client(gateway(BEDROCK.replace("MODEL", "cohere.embed-english-v3"), upstream=upstream.address))
    assert len(client.embeddings.create(model="m", input=["a", "b"]).data) == 2
    assert usage_of(collector)[0] == 6


def test_where_no_provider_counts_tokens_are_estimated_and_marked_so(gateway, standin, collector):
    running = gateway(OPENAI)
    before = len(standin.seen())
    raw = anthropic_client(running).messages.with_raw_response.count_tokens(model="m", messages=HI, system="Be brief.")
    assert raw.headers["x-agw-token-count"].startswith("estimated; method=")
    assert 5 <= raw.parse().input_tokens <= 15
    assert 5 <= google_client(running).models.count_tokens(model="m", contents="Hi there").total_tokens <= 15
    assert len(standin.seen()) == before
    first, _ = collector.wait_for(2)
    attributes = attributes_of(first)
    assert attributes["agw.notes"][0].startswith("tokens estimated: ")
    assert "gen_ai.usage.input_tokens" not in attributes


def test_googles_array_stream_is_refused_where_another_must_answer(gateway, standin):
    url = f"http://127.0.0.1:{gateway(OPENAI).port}/v1beta/models/m:streamGenerateContent"
    request = urllib.request.Request(url, b'{"contents": []}', {"content-type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(request)
    error = json.load(raised.value)["error"]
    assert (error["code"], error["status"], "alt=sse" in error["message"]) == (400, "INVALID_ARGUMENT", True)
