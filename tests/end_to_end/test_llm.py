"""The short form ``llm:`` through a real mitmdump: models by name, virtual models, the list of models, errors."""

from __future__ import annotations

import anthropic
import openai
import pytest

from bench_suite.ports import free_port

HI = [{"role": "user", "content": "Hi"}]
LLM = """\
config:
  tracing: {otlpEndpoint: "{collector}", randomSampling: true}
llm:
  port: {port}
  providers:
  - name: shared
    provider: openAI
    params: {apiKey: sk-shared-canary, baseUrl: "http://{upstream}/v1"}
    defaults: {defaults: {temperature: 0.5}}
  models:
  - name: fast
    provider: {reference: shared}
    params: {model: gpt-4o-mini}
  - name: "gpt-*"
    provider: {reference: shared}
  - name: dead
    provider: openAI
    visibility: internal
    params: {apiKey: sk-dead-canary, baseUrl: "http://127.0.0.1:DEAD/v1", model: gpt-dead}
  virtualModels:
  - name: safe
    routing: {failover: {targets: [{model: dead, priority: 0}, {model: gpt-5, priority: 1}]}}
  - name: smart
    routing:
      conditional:
        targets:
        - {model: fast, when: 'request.headers["x-tier"] == "cheap"'}
        - {model: gpt-5, when: 'size(llmRequest.messages) > 1'}
  - name: split
    routing: {weighted: {targets: [{model: fast, weight: 1}, {model: gpt-5, weight: 0}]}}
"""


@pytest.fixture
def running(gateway):
    return gateway(LLM.replace("DEAD", str(free_port())))


def client(running, **headers):
    return openai.OpenAI(base_url=running.base_url, api_key="sk-app-canary", max_retries=0, default_headers=headers)


def ask(running, model, messages=HI, **headers):
    return client(running, **headers).chat.completions.create(model=model, messages=messages).model


def test_a_name_a_pattern_and_virtual_models_reach_their_providers(running, standin, collector):
    assert ask(running, "fast") == "gpt-4o-mini-2024-07-18"
    seen = standin.last()
    assert seen["headers"]["authorization"] == "Bearer sk-shared-canary"
    assert '"temperature":0.5' in seen["body"].replace(" ", "")
    assert ask(running, "gpt-4.1") == "gpt-4.1-2024-07-18"
    assert ask(running, "safe") == "gpt-5-2024-07-18"
    assert ask(running, "split") == "gpt-4o-mini-2024-07-18"
    assert ask(running, "smart", **{"x-tier": "cheap"}) == "gpt-4o-mini-2024-07-18"
    assert ask(running, "smart", [*HI, *HI]) == "gpt-5-2024-07-18"


@pytest.mark.parametrize(
    ("model", "status", "code"),
    [("nobody", 404, "model_not_found"), ("dead", 404, "model_not_found"), ("smart", 400, "virtual_model_no_matching_target"), ("", 400, "missing_model")],
)  # fmt: skip
def test_a_model_that_cannot_be_had_is_told_with_its_code(running, model, status, code):
    with pytest.raises(openai.APIStatusError) as caught:
        ask(running, model)
    assert (caught.value.status_code, caught.value.body["code"]) == (status, code)


def test_the_models_are_listed_for_both_sdks(running):
    assert [one.id for one in client(running).models.list()] == ["fast", "safe", "smart", "split"]
    assert client(running).models.retrieve("fast").object == "model"
    with pytest.raises(openai.NotFoundError):
        client(running).models.retrieve("dead")
    claude = anthropic.Anthropic(base_url=f"http://127.0.0.1:{running.port}", api_key="sk-app-canary", max_retries=0)
    assert [one.id for one in claude.models.list()] == ["fast", "safe", "smart", "split"]


ROUTES = """\
config:
  tracing: {otlpEndpoint: "{collector}", randomSampling: true}
binds:
- port: {port}
  listeners:
  - routes:
    - policies:
        backendAuth: {key: sk-configured-canary}
        ai:
          modelAliases: {quick: gpt-4o-mini, "gpt-3*": gpt-4o}
          routes: {/v1/models: models, /v1/chat/completions: completions}
      backends:
      - ai: {name: one, hostOverride: "{upstream}", provider: {openAI: {model: gpt-4o}}}
"""


def test_a_route_lists_what_it_knows_where_its_map_says_models(gateway):
    assert [one.id for one in client(gateway(ROUTES)).models.list()] == ["quick", "gpt-4o"]
