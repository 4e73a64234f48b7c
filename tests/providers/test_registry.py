"""Every provider with every API type that it speaks: where the call goes, and in which format it is asked."""

from __future__ import annotations

import pytest

from agw.config.secret import Secret
from agw.config.snapshot import BackendAuth, BackendTls, PathKind, PathMatch, Policies, Target
from agw.providers import PROVIDERS, spec_of, upstream_of, wire_format
from agw.providers.presets import PRESETS

ROOT = PathMatch(PathKind.PREFIX, "")
VERTEX = {"projectId": "p1", "region": "us-east5"}
AZURE = {"resourceName": "res"}
FOUNDRY = {"resourceName": "res", "resourceType": "foundry"}
ARN = "arn:aws:bedrock:us-east-1:1:inference-profile/us.x-v1:0"
V = "https://us-east5-aiplatform.googleapis.com/v1/projects/p1/locations/us-east5"

PLACES = [
    # provider, params, model, wire type, stream, where it goes
    ("openAI", {}, "gpt-4o", "completions", False, "https://api.openai.com/v1/chat/completions"),
    ("openAI", {}, "gpt-4o", "responses", True, "https://api.openai.com/v1/responses"),
    ("openAI", {}, "gpt-4o", "text_completions", False, "https://api.openai.com/v1/completions"),
    ("openAI", {}, "e", "embeddings", False, "https://api.openai.com/v1/embeddings"),
    ("openAI", {}, "e", "realtime", False, "https://api.openai.com/v1/realtime"),
    ("openAI", {}, "e", "models", False, "https://api.openai.com/v1/models"),
    ("anthropic", {}, "claude-x", "messages", True, "https://api.anthropic.com/v1/messages"),
    ("anthropic", {}, "claude-x", "anthropicTokenCount", False, "https://api.anthropic.com/v1/messages/count_tokens"),
    (
        "gemini",
        {},
        "gemini-2.5-pro",
        "generateContent",
        False,
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent",
    ),
    (
        "gemini",
        {},
        "models/gemini-2.5-pro",
        "generateContent",
        True,
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
    ),
    (
        "gemini",
        {},
        "tunedModels/mine",
        "geminiCountTokens",
        False,
        "https://generativelanguage.googleapis.com/v1beta/tunedModels/mine:countTokens",
    ),
    (
        "gemini",
        {},
        "gemini-2.5-pro",
        "completions",
        True,
        "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
    ),
    ("vertex", VERTEX, "gemini-2.5-pro", "generateContent", False, f"{V}/publishers/google/models/gemini-2.5-pro:generateContent"),
    ("vertex", VERTEX, "google/gemini-2.5-pro", "generateContent", True, f"{V}/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse"),
    ("vertex", VERTEX, "gemini-2.5-pro", "geminiCountTokens", False, f"{V}/publishers/google/models/gemini-2.5-pro:countTokens"),
    ("vertex", VERTEX, "text-embedding-005", "vertexEmbeddings", False, f"{V}/publishers/google/models/text-embedding-005:predict"),
    ("vertex", VERTEX, "claude-sonnet-4-20250514", "messages", False, f"{V}/publishers/anthropic/models/claude-sonnet-4@20250514:rawPredict"),
    ("vertex", VERTEX, "claude-sonnet-4@20250514", "messages", True, f"{V}/publishers/anthropic/models/claude-sonnet-4@20250514:streamRawPredict"),
    ("vertex", VERTEX, "claude-x", "anthropicTokenCount", False, f"{V}/publishers/anthropic/models/count-tokens:rawPredict"),
    ("vertex", VERTEX, "meta/llama-4", "completions", False, f"{V}/endpoints/openapi/chat/completions"),
    (
        "vertex",
        {"projectId": "p1"},
        "gemini-2.5-pro",
        "generateContent",
        False,
        "https://aiplatform.googleapis.com/v1/projects/p1/locations/global/publishers/google/models/gemini-2.5-pro:generateContent",
    ),
    (
        "vertex",
        {"projectId": "p1", "region": "eu"},
        "meta/llama-4",
        "completions",
        False,
        "https://aiplatform.eu.rep.googleapis.com/v1/projects/p1/locations/eu/endpoints/openapi/chat/completions",
    ),
    (
        "vertex",
        VERTEX,
        "semantic-ranker-default-004",
        "vertexRerank",
        False,
        "https://discoveryengine.googleapis.com/v1/projects/p1/locations/global/rankingConfigs/default_ranking_config:rank",
    ),
    ("bedrock", {"region": "us-east-1"}, "amazon.nova-pro-v1:0", "converse", False, "https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-pro-v1%3A0/converse"),
    ("bedrock", {"region": "us-east-1"}, ARN, "converse", True, "https://bedrock-runtime.us-east-1.amazonaws.com/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.x-v1%3A0/converse-stream"),
    ("bedrock", {"region": "eu-west-1"}, "amazon.titan-embed-text-v2:0", "bedrockEmbeddings", False, "https://bedrock-runtime.eu-west-1.amazonaws.com/model/amazon.titan-embed-text-v2%3A0/invoke"),
    ("bedrock", {"region": "eu-west-1"}, "anthropic.claude-x", "bedrockTokenCount", False, "https://bedrock-runtime.eu-west-1.amazonaws.com/model/anthropic.claude-x/count-tokens"),
    ("bedrock", {"region": "eu-west-1"}, "cohere.rerank-v3-5:0", "bedrockRerank", False, "https://bedrock-agent-runtime.eu-west-1.amazonaws.com/rerank"),
    ("bedrock", {"region": "cn-north-1"}, "m", "converse", False, "https://bedrock-runtime.cn-north-1.amazonaws.com.cn/model/m/converse"),
    ("azure", AZURE, "gpt-4o", "completions", False, "https://res.openai.azure.com/openai/v1/chat/completions"),
    ("azure", AZURE, "gpt-4o", "responses", True, "https://res.openai.azure.com/openai/v1/responses"),
    ("azure", {**AZURE, "apiVersion": "preview"}, "gpt-4o", "embeddings", False, "https://res.openai.azure.com/openai/v1/embeddings?api-version=preview"),
    ("azure", {**AZURE, "apiVersion": "2024-10-21"}, "gpt 4o", "completions", False, "https://res.openai.azure.com/openai/deployments/gpt%204o/chat/completions?api-version=2024-10-21"),
    ("azure", {**AZURE, "apiVersion": "2024-10-21"}, "gpt-4o", "responses", False, "https://res.openai.azure.com/openai/responses?api-version=2024-10-21"),
    ("azure", FOUNDRY, "gpt-4o", "completions", False, "https://res.services.ai.azure.com/api/projects/res/openai/v1/chat/completions"),
    ("azure", {**FOUNDRY, "resourceType": "aiServices", "projectName": "proj"}, "gpt-4o", "responses", False, "https://res.services.ai.azure.com/api/projects/proj/openai/v1/responses"),
    ("azure", FOUNDRY, "claude-x", "messages", True, "https://res.services.ai.azure.com/anthropic/v1/messages"),
    ("azure", FOUNDRY, "claude-x", "anthropicTokenCount", False, "https://res.services.ai.azure.com/anthropic/v1/messages/count_tokens"),
    ("azureOpenAI", {"host": "res.openai.azure.com"}, "gpt-4o", "completions", False, "https://res.openai.azure.com/openai/v1/chat/completions"),
    ("copilot", {}, "gpt-4o", "completions", False, "https://api.githubcopilot.com/chat/completions"),
    ("copilot", {}, "claude-x", "messages", False, "https://api.githubcopilot.com/v1/messages"),
    ("copilot", {}, "gpt-5-codex", "responses", False, "https://api.githubcopilot.com/responses"),
    ("copilot", {}, "e", "embeddings", False, "https://api.githubcopilot.com/embeddings"),
    ("cohere", {}, "c", "completions", False, "https://api.cohere.ai/compatibility/v1/chat/completions"),
    ("cohere", {}, "c", "rerank", False, "https://api.cohere.ai/v2/rerank"),
    ("ollama", {}, "llama3", "completions", False, "http://localhost:11434/v1/chat/completions"),
    ("deepinfra", {}, "m", "completions", False, "https://api.deepinfra.com/v1/openai/chat/completions"),
    ("deepinfra", {}, "m", "messages", False, "https://api.deepinfra.com/anthropic/v1/messages"),
    ("deepseek", {}, "m", "messages", False, "https://api.deepseek.com/anthropic/v1/messages"),
    ("groq", {}, "m", "responses", False, "https://api.groq.com/openai/v1/responses"),
    ("openrouter", {}, "m", "messages", False, "https://openrouter.ai/api/v1/messages"),
    ("fireworks", {}, "m", "rerank", False, "https://api.fireworks.ai/inference/v1/rerank"),
    ("xai", {}, "m", "realtime", False, "https://api.x.ai/v1/realtime"),
]  # fmt: skip


def going(provider, params, model, wire, *, path="/in", query="", policies=None, translated=True, stream=False, **said):
    target = Target("t", provider, params=params, **said)
    made = upstream_of(
        spec_of(target, model),
        target,
        policies or Policies(),
        wire,
        path,
        query,
        ROOT,
        translated=translated,
        stream=stream,
    )
    return f"{made.scheme}://{made.authority}{made.target}"


@pytest.mark.parametrize(("provider", "params", "model", "wire", "stream", "url"), PLACES)
def test_a_call_goes_to_the_providers_own_place(provider, params, model, wire, stream, url):
    assert going(provider, params, model, wire, stream=stream) == url


@pytest.mark.parametrize(("provider", "params", "model", "wire", "stream", "url"), PLACES)
def test_a_translated_call_takes_the_providers_path_on_an_overridden_host_too(
    provider, params, model, wire, stream, url
):
    path = "/" + url.split("/", 3)[3]
    assert (
        going(provider, params, model, wire, stream=stream, host_override=("mock", 8000)) == f"http://mock:8000{path}"
    )
    tls = Policies(backend_tls=BackendTls())
    assert (
        going(provider, params, model, wire, stream=stream, host_override=("mock", 443), policies=tls)
        == f"https://mock{path}"
    )


@pytest.mark.parametrize(("provider", "params", "model", "wire", "stream", "url"), PLACES)
def test_a_path_override_is_the_whole_target(provider, params, model, wire, stream, url):
    made = going(provider, params, model, wire, stream=stream, path_override="/full?a=1", query="b=2", translated=False)
    assert made == "/".join(url.split("/", 3)[:3]) + "/full?a=1"


@pytest.mark.parametrize("provider", PRESETS)
def test_a_preset_serves_each_of_its_formats(provider):
    target = Target("t", provider)
    spec = spec_of(target, "m")
    for kind in spec.formats:
        if kind != "realtime":
            assert wire_format(spec, kind, lambda *_: False) == kind
        assert kind in spec.paths or kind in spec.own_paths


@pytest.mark.parametrize(
    ("provider", "wire", "prefix", "target"),
    [
        ("openAI", "completions", "/api/v3", "/api/v3/chat/completions"),
        ("anthropic", "messages", "/api/v3/", "/api/v3/messages"),
        ("gemini", "generateContent", "/proxy", "/proxy/v1beta/models/m:generateContent"),
        ("gemini", "generateContent", "/proxy/v1beta", "/proxy/v1beta/models/m:generateContent"),
        ("azure", "completions", "/x", "/x/openai/v1/chat/completions"),
        ("bedrock", "converse", "/x", "/x/model/m/converse"),
        ("copilot", "completions", "/x", "/x/chat/completions"),
        ("groq", "completions", "/v1", "/v1/chat/completions"),
        ("cohere", "rerank", "/x", "/x/v2/rerank"),
        ("custom", "completions", "/x/v1", "/x/v1/chat/completions"),
    ],
)
def test_a_path_prefix_replaces_the_base_or_stands_before_the_path(provider, wire, prefix, target):
    assert going(provider, {}, "m", wire, path_prefix=prefix, host_override=("h", 1)) == f"http://h:1{target}"


def test_an_untranslated_call_to_an_imitation_keeps_the_apps_path():
    for provider, wire in (("openAI", "completions"), ("anthropic", "messages")):
        made = going(provider, {}, "m", wire, path="/x/y", query="b=2", translated=False, host_override=("h", 1))
        assert made == "http://h:1/x/y?b=2"


def test_the_apps_query_stays_with_its_own_api_and_loses_against_the_providers():
    azure = {**AZURE, "apiVersion": "2024-10-21"}
    query = "api-version=2023-01-01&a=%20"
    assert going("azure", azure, "m", "responses", query=query, translated=False).endswith(
        "/openai/responses?api-version=2024-10-21&a=%20"
    )
    assert going("azure", azure, "m", "responses", query=query).endswith("/openai/responses?api-version=2024-10-21")


def test_a_custom_provider_declares_its_formats_and_their_paths():
    params = {"providerOverride": "mine", "formats": (("messages", "/claude/messages"), ("responses", None))}
    target = Target("t", "custom", params=params, host_override=("h", 443))
    assert spec_of(target, "m").name == "mine"
    assert going("custom", params, "m", "messages", host_override=("h", 1)) == "http://h:1/claude/messages"
    assert going("custom", params, "m", "responses", host_override=("h", 1)) == "http://h:1/v1/responses"
    assert spec_of(target, "m").formats == ("messages", "responses")


CHAT = ("completions", "messages", "responses", "generateContent")
PAIRS = {(client, wire) for client in CHAT for wire in (*CHAT, "converse") if client != wire} | {
    ("embeddings", "vertexEmbeddings"),
    ("embeddings", "bedrockEmbeddings"),
    ("rerank", "vertexRerank"),
    ("rerank", "bedrockRerank"),
    ("anthropicTokenCount", "bedrockTokenCount"),
}
WIRES = [
    # provider, params, model, and the wire for completions, messages, responses, generateContent
    ("openAI", {}, "gpt-4o", "completions", "completions", "responses", "completions"),
    ("anthropic", {}, "claude-x", "messages", "messages", "messages", "messages"),
    ("gemini", {}, "gemini-2.5-pro", "generateContent", "generateContent", "generateContent", "generateContent"),
    ("vertex", VERTEX, "gemini-2.5-pro", "generateContent", "generateContent", "generateContent", "generateContent"),
    ("vertex", VERTEX, "claude-x", "messages", "messages", "messages", "messages"),
    ("vertex", VERTEX, "meta/llama-4", "completions", "completions", "completions", "completions"),
    ("bedrock", {"region": "r"}, "m", "converse", "converse", "converse", "converse"),
    ("azure", AZURE, "gpt-4o", "completions", "completions", "responses", "completions"),
    ("azure", FOUNDRY, "gpt-4o", "completions", "completions", "responses", "completions"),
    ("azure", FOUNDRY, "claude-x", "messages", "messages", "messages", "messages"),
    ("copilot", {}, "claude-x", "completions", "messages", "messages", "messages"),
    ("copilot", {}, "gpt-5-codex", "responses", "responses", "responses", "responses"),
    ("copilot", {}, "gpt-4o", "completions", "completions", "completions", "completions"),
    ("deepseek", {}, "m", "completions", "messages", "responses", "completions"),
    ("mistral", {}, "m", "completions", "completions", "completions", "completions"),
    ("custom", {"formats": (("messages", None),)}, "m", "messages", "messages", "messages", "messages"),
]


@pytest.mark.parametrize(("provider", "params", "model", "completions", "messages", "responses", "gemini"), WIRES)
def test_the_wire_format_is_the_apps_own_or_the_providers_best(
    provider, params, model, completions, messages, responses, gemini
):
    spec = spec_of(Target("t", provider, params=params), model)
    found = [wire_format(spec, client, lambda *pair: pair in PAIRS) for client in CHAT]
    assert found == [completions, messages, responses, gemini]


@pytest.mark.parametrize(
    ("provider", "model", "client", "wire"),
    [
        ("vertex", "text-embedding-005", "embeddings", "vertexEmbeddings"),
        ("vertex", "semantic-ranker", "rerank", "vertexRerank"),
        ("bedrock", "amazon.titan-embed-text-v2:0", "embeddings", "bedrockEmbeddings"),
        ("bedrock", "cohere.rerank-v3-5:0", "rerank", "bedrockRerank"),
        ("bedrock", "anthropic.claude-x", "anthropicTokenCount", "bedrockTokenCount"),
        ("bedrock", "amazon.nova-pro-v1:0", "anthropicTokenCount", None),
        ("bedrock", "m", "converse", "converse"),
        ("vertex", "claude-x", "anthropicTokenCount", "anthropicTokenCount"),
        ("gemini", "gemini-2.5-pro", "geminiCountTokens", "geminiCountTokens"),
        ("gemini", "gemini-embedding-001", "embeddings", "embeddings"),
        ("openAI", "gpt-4o", "anthropicTokenCount", None),
        ("openAI", "gpt-4o", "converse", None),
        ("anthropic", "claude-x", "embeddings", None),
        ("anthropic", "claude-x", "text_completions", None),
        ("anthropic", "claude-x", "detect", "detect"),
        ("gemini", "g", "passthrough", "passthrough"),
    ],
)  # fmt: skip
def test_types_beside_chat_reach_whoever_serves_them(provider, model, client, wire):
    spec = spec_of(Target("t", provider), model)
    assert wire_format(spec, client, lambda *pair: pair in PAIRS) == wire


def test_an_imitation_is_used_where_no_translation_into_the_providers_own_api_exists():
    spec = spec_of(Target("t", "gemini"), "gemini-2.5-pro")
    assert wire_format(spec, "completions", lambda *_: False) == "completions"
    assert wire_format(spec, "messages", lambda *pair: pair == ("messages", "completions")) == "completions"
    assert wire_format(spec, "messages", lambda *_: False) is None


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_has_a_telemetry_name_and_tolerates_a_call_without_a_model(provider):
    assert spec_of(Target("t", provider), None).name


@pytest.mark.parametrize(
    ("provider", "model", "wire", "key", "place"),
    [
        ("openAI", "m", "completions", "sk-1", "authorization"),
        ("anthropic", "m", "messages", "sk-ant-api03-x", "x-api-key"),
        ("anthropic", "m", "messages", "sk-ant-oat01-x", "authorization"),
        ("gemini", "m", "generateContent", "AIzaX", "x-goog-api-key"),
        ("gemini", "m", "generateContent", "ya29.x", "authorization"),
        ("gemini", "m", "completions", "AIzaX", "authorization"),
        ("copilot", "m", "completions", "gho_1", "authorization"),
    ],
)  # fmt: skip
def test_a_key_goes_where_the_provider_looks_for_it(provider, model, wire, key, place):
    assert spec_of(Target("t", provider), model).key_location(wire, key).name == place


def test_a_key_in_the_query_does_not_pass_where_the_config_brings_its_own():
    target, spec = Target("t", "gemini"), spec_of(Target("t", "gemini"), "m")
    for policies, passed in (
        (Policies(), "?alt=sse&key=app"),
        (Policies(backend_auth=BackendAuth(Secret("k"))), "?alt=sse"),
    ):
        made = upstream_of(spec, target, policies, "generateContent", "/", "key=app&alt=sse", ROOT, stream=True)
        assert made.target == f"/v1beta/models/m:streamGenerateContent{passed}"
