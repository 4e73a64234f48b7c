"""Credentials on the wire, through a real mitmdump: signed, fetched, moved; and never in what people may look at."""

from __future__ import annotations

from datetime import datetime

import anthropic
import openai
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from support.native_upstream import Upstream, native_upstream
from support.token_endpoint import token_endpoint

HI = [{"role": "user", "content": "Hi"}]
CONFIG = """\
config:
  tracing: {otlpEndpoint: "{collector}", randomSampling: true}
binds:
- port: {port}
  listeners:
  - routes:
    - backends:
      - ai:
          name: one
          hostOverride: "{upstream}"
          provider: {PROVIDER}
      policies: {POLICIES}
"""


def config(provider: str, policies: str = "") -> str:
    return CONFIG.replace("{PROVIDER}", "{" + provider + "}").replace("{POLICIES}", "{" + policies + "}")


@pytest.fixture
def seen(standin):
    return lambda: standin.last()["headers"]


def openai_app(running):
    return openai.OpenAI(base_url=running.base_url, api_key="sk-app-canary", max_retries=0)


def claude_app(running):
    return anthropic.Anthropic(base_url=f"http://127.0.0.1:{running.port}", api_key="sk-app-canary", max_retries=0)


def test_an_apps_own_key_goes_where_the_provider_reads_it(gateway, seen):
    claude_app(gateway(config("openAI: {model: gpt-4o}"))).messages.create(model="m", max_tokens=5, messages=HI)
    headers = seen()
    assert headers["authorization"] == "Bearer sk-app-canary"
    assert "x-api-key" not in headers


def test_copilots_token_is_found_in_the_environment(gateway, seen):
    running = gateway(config("copilot: {model: gpt-4o}"), env={"GH_COPILOT_TOKEN": "gho-canary"})
    openai_app(running).chat.completions.create(model="m", messages=HI)
    headers = seen()
    assert headers["authorization"] == "Bearer gho-canary"
    assert headers["x-github-api-version"] == "2025-10-01"


def test_a_managed_identitys_token_is_fetched_once_for_many_calls(gateway, seen):
    answer = {"access_token": "eyJ-canary", "expires_on": "4102444800", "resource": "r", "token_type": "Bearer"}
    with token_endpoint({"/token": answer}) as endpoint:
        running = gateway(
            config(
                "azure: {resourceName: r, model: gpt-4o}",
                "backendAuth: {azure: {explicitConfig: {managedIdentity: {}}}}",
            ),
            env={"IDENTITY_ENDPOINT": f"{endpoint.url}/token", "IDENTITY_HEADER": "h"},
        )
        client = openai_app(running)
        for _ in range(3):
            client.chat.completions.create(model="m", messages=HI)
        assert len(endpoint.asked) == 1
    assert seen()["authorization"] == "Bearer eyJ-canary"


def test_a_token_that_cannot_be_had_is_a_clear_error_and_not_a_call_without_one(gateway, standin):
    before = len(standin.seen())
    with token_endpoint({"/token": (500, {"error": "down"})}) as endpoint:
        running = gateway(
            config(
                "azure: {resourceName: r, model: gpt-4o}",
                "backendAuth: {azure: {explicitConfig: {managedIdentity: {}}}}",
            ),
            env={"IDENTITY_ENDPOINT": f"{endpoint.url}/token", "IDENTITY_HEADER": "h"},
        )
        with pytest.raises(openai.InternalServerError, match="backend authentication failed"):
            openai_app(running).chat.completions.create(model="m", messages=HI)
    assert len(standin.seen()) == before


def test_a_bedrock_call_is_signed_over_what_is_really_sent(gateway, monkeypatch):
    """Signed again here, from the bytes that arrived, by AWS's own signer."""
    with native_upstream() as upstream:
        running = gateway(
            config(
                "bedrock: {model: 'us.anthropic.claude-x-v1:0', region: us-east-1}",
                "backendAuth: {aws: {accessKeyId: AKIAcanary, secretAccessKey: secret-canary}}",
            ),
            upstream=upstream.address,
        )
        openai_app(running).chat.completions.create(model="m", messages=HI)
        check_signature(upstream, monkeypatch)


def check_signature(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    (seen,) = upstream.seen
    headers = {name.lower(): value for name, value in seen["headers"].items()}
    signed_at = datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ")
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: signed_at)
    url = f"http://{headers['host']}{seen['target']}"
    again = AWSRequest("POST", url, {"content-type": headers["content-type"]}, seen["raw"])
    SigV4Auth(Credentials("AKIAcanary", "secret-canary"), "bedrock", "us-east-1").add_auth(again)
    assert again.headers["Authorization"] == headers["authorization"]
    assert "%3A0/converse" in seen["target"]
