"""Who asked, in a running gateway: on the span, and not at the provider."""

from __future__ import annotations

import openai
import pytest

from conftest import CONFIG

HEADERS = {
    "X-Agw-User": "ada",
    "X-Agw-Tags": "beta,eu",
    "X-Agw-Meta-Team": "blue",
    "X-Agw-Prompt-Name": "greet",
    "X-Agw-Prompt-Version": "3",
    "langfuse_session_id": "s-1",
    "Helicone-Auth": "Bearer sk-helicone-canary",
    "X-Claude-Code-Session-Id": "54c1eb09-bc4c-4d2f-98eb-6d2ab2d5e2fe",
}
STANDARD = CONFIG.replace("config:\n", "config:\n  standardAttributes: {user: 'request.headers[\"x-who\"]'}\n")


def ask(running, headers):
    client = openai.OpenAI(base_url=running.base_url, api_key="any", max_retries=0, timeout=20, default_headers=headers)
    return client.chat.completions.create(model="asked", messages=[{"role": "user", "content": "Hi"}], user="body")


@pytest.mark.parametrize(
    ("config", "user"), [(CONFIG, "ada"), (STANDARD, "by expression")], ids=["headers", "expression"]
)
def test_who_asked_is_on_the_span_and_the_gateways_own_headers_stay_here(gateway, collector, standin, config, user):
    ask(gateway(config), {**HEADERS, "X-Who": "by expression"})
    span, found = collector.one()
    assert (found["user.id"], found["session.id"]) == (user, "s-1")
    assert list(found["tag.tags"]) == ["beta", "eu"]
    assert (found["agw.prompt.name"], found["agw.prompt.version"]) == ("greet", "3")
    assert "canary" not in str(span)
    seen = {name.lower() for name in standin.last()["headers"]}
    assert not {name for name in seen if name.startswith(("x-agw-", "langfuse", "helicone"))}
    assert {"x-claude-code-session-id", "x-who"} <= seen
