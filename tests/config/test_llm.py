"""The short form ``llm:`` (agentgateway.md §1.10)."""

from __future__ import annotations

import pytest

from agw.config.auths import AwsAuth, BackendAuth
from agw.config.secret import Secret
from agw.config.snapshot import BackendTls, PromptCaching, Route, Target, VirtualKind
from agw.routing import RequestHead, Router
from support.configs import only_route, snapshot


def route(text: str, **environ: str) -> Route:
    return only_route("llm:\n" + text, **environ)


def target(model: str) -> Target:
    ((found,),) = route(f"  models: [{{name: m, {model}}}]").models[0].backend.groups
    return found


@pytest.mark.parametrize(
    ("model", "provider", "params"),
    [
        ("provider: openai", "openAI", {}),
        ("provider: openAI", "openAI", {}),
        ("provider: anthropic", "anthropic", {}),
        ("provider: groq", "groq", {}),
        ("provider: bedrock, params: {awsRegion: us-east-1}", "bedrock", {"region": "us-east-1"}),
        ("provider: vertex, params: {vertexProject: p}", "vertex", {"projectId": "p"}),
        (
            "provider: vertex, params: {vertexProject: p, vertexRegion: eu}",
            "vertex",
            {"projectId": "p", "region": "eu"},
        ),
        (
            "provider: azure, params: {azureResourceName: r, azureResourceType: foundry, azureApiVersion: v1, azureProjectName: p}",
            "azure",
            {"resourceName": "r", "resourceType": "foundry", "apiVersion": "v1", "projectName": "p"},
        ),
        ("provider: custom, params: {baseUrl: 'http://a'}", "custom", {"formats": ()}),
        (
            "provider: {custom: {providerOverride: x, formats: [{type: messages, path: /m}]}}, params: {baseUrl: 'http://a'}",
            "custom",
            {"providerOverride": "x", "formats": (("messages", "/m"),)},
        ),
    ],
)
def test_every_kind_of_provider_is_read_with_its_parameters(model, provider, params):
    found = target(model)
    assert (found.provider, dict(found.params)) == (provider, params)


def test_a_custom_providers_model_is_the_one_of_params_or_else_its_own():
    custom = "provider: {custom: {model: own, formats: [{type: messages}]}}"
    assert target(f"{custom}, params: {{baseUrl: 'http://a'}}").model == "own"
    assert target(f"{custom}, params: {{baseUrl: 'http://a', model: m2}}").model == "m2"


SHARED = """\
  providers:
  - name: main
    provider: bedrock
    params: {awsRegion: eu-west-1, model: nova, baseUrl: "https://b.example/x"}
    defaults:
      auth: {aws: {region: eu-west-1}}
      defaults: {temperature: 0, top_p: 1}
      overrides: {store: false}
      requestHeaders: {set: {x-a: outer}}
      promptCaching: {cacheTools: true}
      backendTLS: {insecure: true}
  models:
"""


def of_reference(rest: str = "") -> Target:
    ((found,),) = route(SHARED + "  - {name: m, provider: {reference: main}%s}" % rest).models[0].backend.groups
    return found


def test_a_model_takes_from_its_provider_what_it_leaves_out():
    found = of_reference()
    assert (found.provider, found.model, found.params["region"]) == ("bedrock", "nova", "eu-west-1")
    assert (found.host_override, found.path_prefix) == (("b.example", 443), "/x")
    assert found.policies.backend_auth == AwsAuth(region="eu-west-1")
    assert found.policies.backend_tls == BackendTls(insecure=True)
    assert found.policies.request_headers is not None
    assert found.policies.request_headers.set == (("x-a", "outer"),)
    assert found.policies.ai is not None
    assert found.policies.ai.prompt_caching == PromptCaching(tools=True)


def test_what_a_model_says_wins_over_its_provider():
    found = of_reference(
        ", params: {apiKey: k, model: own, awsRegion: us-east-1, hostOverride: 'h:1'}, defaults: {temperature: 1},"
        " tls: {}, requestHeaders: {set: {x-a: own}}"
    )
    assert (found.model, found.params["region"], found.host_override, found.path_prefix) == (
        "own",
        "us-east-1",
        ("h", 1),
        None,
    )
    assert found.policies.backend_auth == BackendAuth(Secret("k"))
    assert found.policies.backend_tls == BackendTls()
    assert found.policies.request_headers is not None
    assert found.policies.request_headers.set == (("x-a", "own"),)
    assert found.policies.ai is not None
    assert found.policies.ai.defaults == {"temperature": 1, "top_p": 1}
    assert found.policies.ai.overrides == {"store": False}


@pytest.mark.parametrize(("way", "kind"), [("detect", "detect"), ("opaque", "passthrough")])
def test_passthrough_makes_every_path_one_type(way, kind):
    found = target(f"provider: openai, passthrough: {way}").policies.ai
    assert found is not None
    assert found.routes == (("*", kind),)


def test_virtual_models_of_every_kind():
    found = route("""\
  models:
  - {name: gpt-*, provider: openai}
  - {name: claude, provider: anthropic, visibility: internal}
  virtualModels:
  - name: split
    routing: {weighted: {targets: [{model: gpt-4o, weight: 9}, {model: claude}]}}
  - name: safe
    routing: {failover: {targets: [{model: claude, priority: 1}, {model: gpt-4o, priority: 0}]}}
  - name: smart
    routing:
      conditional:
        targets:
        - {model: claude, when: 'request.headers["x-tier"] == "gold"'}
        - {model: gpt-4o}
""")
    split, safe, smart = found.virtual_models
    assert (split.name, split.kind) == ("split", VirtualKind.WEIGHTED)
    assert [(one.model, one.weight) for one in split.targets] == [("gpt-4o", 9), ("claude", 1)]
    assert [entry.pattern for entry in split.targets[0].entries] == ["gpt-*"]
    ((sent,),) = split.targets[0].entries[0].backend.groups
    assert (sent.name, sent.model) == ("gpt-4o", "gpt-4o")
    assert [one.model for one in safe.targets] == ["gpt-4o", "claude"]
    assert smart.kind is VirtualKind.CONDITIONAL
    assert smart.targets[0].when is not None
    assert smart.targets[1].when is None
    assert [entry.public for entry in found.models] == [True, False]


def test_policies_of_all_models_are_the_routes():
    found = route("  policies: {}\n  models: [{name: a, provider: openai}]")
    assert found.policies.backend_auth is None


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("/openai/v1/chat/completions", "default/mine"),
        ("/v1/chat/completions", "default/llm"),
        ("/v1beta/models/gemini-2.5-pro:generateContent", "default/llm"),
        ("/openai/deployments/gpt-4o/chat/completions", "default/llm"),
        ("/model/nova/converse", "default/llm"),
    ],
)
def test_beside_other_routes_the_models_take_the_apis_paths_only(path, taken):
    found = snapshot("""\
        gateways: {default: {port: 3000}}
        routes:
        - name: mine
          matches: [{path: {pathPrefix: /openai}}]
          backends: [{ai: {name: a, provider: {openAI: {}}}}]
        llm: {models: [{name: "*", provider: openAI}]}
    """)
    head = RequestHead.of("POST", path, "localhost", lambda _: [])
    assert Router(found).route(3000, head).route.name == taken
