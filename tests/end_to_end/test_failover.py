"""A call that fails at one provider is answered by the next, within the call."""

from __future__ import annotations

import httpx2 as httpx
import openai
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from bench_suite.ports import free_port

HI = [{"role": "user", "content": "Hi"}]
GROUPS = """\
config:
  tracing: {otlpEndpoint: "{collector}", randomSampling: true}
binds:
- port: {port}
  listeners:
  - routes:
    - backends:
      - ai:
          name: both
          groups:
          - providers:
            - name: first
              hostOverride: FIRST
              provider: {openAI: {model: FIRSTMODEL}}
              policies: {backendAuth: {key: sk-first-canary}}
          - providers:
            - name: second
              hostOverride: "{upstream}"
              provider: {openAI: {model: gpt-second}}
              policies: {backendAuth: {key: sk-second-canary}}
      policies: {POLICIES}
"""
RETRY = "retry: {attempts: 2, backoff: 10ms, codes: [503]}"


def config(first="{upstream}", model="gpt-first", policies=""):
    text = GROUPS.replace("FIRSTMODEL", model).replace("FIRST", f'"{first}"')
    return text.replace("{POLICIES}", "{" + policies + "}")


def client(running):
    return openai.OpenAI(base_url=running.base_url, api_key="sk-app-canary", max_retries=0, timeout=20)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("trouble", ["standin-status-503", "standin-status-429", "standin-reset-1"])
def test_the_next_group_answers_within_the_call(gateway, standin, collector, trouble, stream):
    answer = client(gateway(config(model=trouble))).chat.completions.create(model="m", messages=HI, stream=stream)
    model = next(chunk.model for chunk in answer) if stream else answer.model
    assert model == "gpt-second-2024-07-18"
    assert standin.last()["headers"]["authorization"] == "Bearer sk-second-canary"
    span, attributes = collector.one()
    assert span.status.code == Status.STATUS_CODE_UNSET
    assert attributes["gen_ai.request.model"] == "gpt-second"
    assert attributes["gen_ai.usage.input_tokens"] == 12


def test_a_refused_connection_gives_way_too_and_the_clients_connection_stays(gateway, collector):
    running = gateway(config(first=f"127.0.0.1:{free_port()}"))
    with httpx.Client() as kept:
        for _ in range(2):
            body = {"model": "m", "messages": HI}
            answer = kept.post(running.base_url + "/chat/completions", json=body)
            assert answer.json()["model"] == "gpt-second-2024-07-18"
    assert len(collector.wait_for(2)) == 2


def test_a_fault_of_the_request_is_not_tried_elsewhere(gateway, standin, collector):
    with pytest.raises(openai.BadRequestError):
        client(gateway(config(model="standin-status-400"))).chat.completions.create(model="m", messages=HI)
    assert standin.last()["headers"]["authorization"] == "Bearer sk-first-canary"
    collector.one()


def test_a_time_limit_gives_way_and_each_try_has_its_own(gateway, collector):
    running = gateway(config(model="standin-hang-1", policies="timeout: {backendRequestTimeout: 300ms}"))
    assert client(running).chat.completions.create(model="m", messages=HI).model == "gpt-second-2024-07-18"
    collector.one()


def test_when_all_fail_the_client_gets_the_last_answer(gateway, collector):
    text = config(model="standin-status-503").replace("gpt-second", "standin-status-502")
    with pytest.raises(openai.InternalServerError) as raised:
        client(gateway(text)).chat.completions.create(model="m", messages=HI)
    assert raised.value.status_code == 502
    span, _ = collector.one()
    assert span.status.code == Status.STATUS_CODE_ERROR


def test_a_retry_policy_begins_another_round_over_the_providers(gateway, standin, collector):
    text = config(model="standin-status-503", policies=RETRY).replace("gpt-second", "standin-status-503")
    standin.clear()
    with pytest.raises(openai.InternalServerError):
        client(gateway(text)).chat.completions.create(model="m", messages=HI)
    assert len(standin.seen()) == 6
    assert len(collector.wait_for(1)) == 1


def test_a_provider_that_comes_back_is_reached_on_a_kept_client_connection(gateway, collector):
    """mitmproxy remembers a failed upstream connection for as long as the client stays."""
    import sys

    from support.gateway import ROOT, Process

    port = free_port()
    only = config(first=f"127.0.0.1:{port}").replace('hostOverride: "{upstream}"', f'hostOverride: "127.0.0.1:{port}"')
    running = gateway(only)
    with httpx.Client() as kept:
        body = {"model": "m", "messages": HI}
        assert kept.post(running.base_url + "/chat/completions", json=body).status_code == 503
        with Process(sys.executable, str(ROOT / "scripts" / "standin.py"), "--port", str(port)) as provider:
            provider.wait_for_line(r"^\d+$")
            assert kept.post(running.base_url + "/chat/completions", json=body).status_code == 200


def test_a_body_over_the_limit_is_413_in_the_clients_shape(gateway, collector):
    text = "frontendPolicies: {http: {maxBufferSize: 1000}}\n" + config()
    running = gateway(text)
    with pytest.raises(openai.APIStatusError) as raised:
        client(running).chat.completions.create(model="m", messages=[{"role": "user", "content": "x" * 5000}])
    assert raised.value.status_code == 413
    assert raised.value.code == "request_too_large"
    assert client(running).chat.completions.create(model="m", messages=HI).choices


def test_the_config_may_say_which_answers_count_against_a_provider(gateway, standin, collector):
    """An answer that is no failure by itself puts the provider aside for the next call."""
    health = "health: {unhealthyExpression: 'response.code == 200', eviction: {duration: 60s}}"
    text = config(model="gpt-first").replace(
        "policies: {backendAuth: {key: sk-first-canary}}",
        f"policies: {{backendAuth: {{key: sk-first-canary}}, {health}}}",
    )
    running = gateway(text)
    answers = [client(running).chat.completions.create(model="m", messages=HI).model for _ in range(2)]
    assert answers == ["gpt-first-2024-07-18", "gpt-second-2024-07-18"]
    assert len(collector.wait_for(2)) == 2


def test_an_evicted_provider_is_not_asked_while_another_is_there(gateway, standin, collector):
    text = config(model="standin-status-503").replace(
        "policies: {backendAuth: {key: sk-first-canary}}",
        "policies: {backendAuth: {key: sk-first-canary}, health: {eviction: {duration: 60s}}}",
    )
    running = gateway(text)
    for expected in (2, 1):
        standin.clear()
        assert client(running).chat.completions.create(model="m", messages=HI).model == "gpt-second-2024-07-18"
        assert len(standin.seen()) == expected
    assert len(collector.wait_for(2)) == 2


def test_what_may_not_be_sent_twice_is_sent_once(gateway, standin, collector):
    only_streams = "retry: {attempts: 2, backoff: 10ms, codes: [503], precondition: 'llm.streaming'}"
    running = gateway(config(model="standin-status-503", policies=only_streams))
    standin.clear()
    with pytest.raises(openai.InternalServerError):
        client(running).chat.completions.create(model="m", messages=HI)
    assert len(standin.seen()) == 1
    streamed = client(running).chat.completions.create(model="m", messages=HI, stream=True)
    assert next(iter(streamed)).model == "gpt-second-2024-07-18"
    streamed.close()
    assert len(collector.wait_for(2)) == 2


def test_the_config_may_say_which_answers_are_tried_again(gateway, standin, collector):
    condition = 'response.code == 400 && llmRequest.model == "m" && request.method == "POST"'
    policies = f"retry: {{attempts: 2, backoff: 10ms, codes: [], condition: '{condition}'}}"
    running = gateway(config(model="standin-status-400", policies=policies))
    standin.clear()
    with pytest.raises(openai.BadRequestError):
        client(running).chat.completions.create(model="m", messages=HI)
    assert len(standin.seen()) == 3
    standin.clear()
    with pytest.raises(openai.BadRequestError):
        client(running).chat.completions.create(model="another", messages=HI)
    assert len(standin.seen()) == 1
    assert [span.status.code for span in collector.wait_for(2)] == [Status.STATUS_CODE_ERROR] * 2
