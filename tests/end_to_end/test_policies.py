"""Policies on clients through a real mitmdump, asked by the official SDK."""

from __future__ import annotations

import hashlib
import json

import httpx2 as httpx
import openai
import pytest

from conftest import CONFIG

HI = [{"role": "user", "content": "Hi, I am jo@example.com"}]
KEYED = CONFIG.replace(
    "      policies:\n",
    """      policies:
        apiKey:
          mode: strict
          keys:
          - keyHash: "sha256:%s"
            metadata: {user: jo, group: red}
            allowedModels: ["gpt-*"]
        authorization:
          rules:
          - deny: 'request.headers["x-team"] == "blue"'
        cors: {allowOrigins: ["https://app.example.com"], allowMethods: [POST], allowHeaders: ["*"]}
        transformations:
          request: {set: {x-user: apiKey.user}, metadata: {team: 'apiKey.group'}}
          response: {set: {x-asked: llm.requestModel, x-code: response.code}}
"""
    % hashlib.sha256(b"sk-canary-gateway").hexdigest(),
).replace(
    "    randomSampling: true\n",
    """    randomSampling: 'request.headers["x-untraced"] != "1" || !has(request.headers.none)'
    fields:
      add:
        span.name: '"call of " + apiKey.user'
        team: metadata.team
        gen_ai.prompt: 'flattenRecursive(llm.prompt)'
        all: flatten(request.headers)
        hashed: 'sha256.encode(request.headers["x-secret"])'
""",
)


def client(running, key: str, **headers: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=running.base_url, api_key=key, max_retries=0, timeout=20, default_headers=headers)


def test_a_client_shows_its_key_and_the_provider_never_sees_it(gateway, standin, collector):
    running = gateway(KEYED)
    answer = client(
        running, "sk-canary-gateway", **{"x-secret": "s", "cookie": "sid=canary-cookie-1"}
    ).chat.completions.with_raw_response.create(model="gpt-any", messages=HI)
    assert answer.parse().choices
    assert (answer.headers["x-asked"], answer.headers["x-code"]) == ("gpt-any", "200")
    sent = standin.last()["headers"]
    assert sent["authorization"] == "Bearer sk-configured-canary"
    assert sent["x-user"] == "jo"
    span, attributes = collector.one()
    assert span.name == "call of jo"
    assert attributes["team"] == "red"
    assert attributes["gen_ai.prompt.0.content"] == HI[0]["content"]
    assert attributes["user.id"] == "jo"
    assert attributes["hashed"] == hashlib.sha256(b"s").hexdigest()
    assert "canary" not in str(span)


@pytest.mark.parametrize(
    ("key", "model", "headers", "error", "kind"),
    [
        ("sk-canary-wrong", "gpt-4o", {}, openai.AuthenticationError, "unauthorized"),
        ("sk-canary-gateway", "claude-3", {}, openai.PermissionDeniedError, "forbidden"),
        ("sk-canary-gateway", "gpt-4o", {"x-team": "blue"}, openai.PermissionDeniedError, "forbidden"),
    ],
)
def test_who_may_not_is_told_so_in_the_sdks_own_terms_and_leaves_a_span(
    gateway, standin, collector, key, model, headers, error, kind
):
    running = gateway(KEYED)
    standin.clear()
    with pytest.raises(error) as raised:
        client(running, key, **headers).chat.completions.create(model=model, messages=HI)
    assert "canary" not in str(raised.value)
    assert standin.seen() == []
    span, attributes = collector.one()
    assert attributes["error.type"] == kind
    assert attributes["http.response.status_code"] == raised.value.status_code
    assert "gen_ai.usage.input_tokens" not in attributes
    assert "canary" not in str(span)


def test_a_browsers_question_is_answered_without_a_key(gateway, collector):
    running = gateway(KEYED)
    answer = httpx.options(
        f"{running.base_url}/chat/completions",
        headers={
            "origin": "https://app.example.com",
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization",
        },
    )
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "https://app.example.com"
    assert answer.headers["access-control-allow-headers"] == "authorization"


LIMITED = CONFIG.replace(
    "      policies:\n",
    """      policies:
        localRateLimit:
        - {maxTokens: 10, tokensPerFill: 10, fillInterval: 1h, type: tokens}
        - {maxTokens: 50, tokensPerFill: 50, fillInterval: 1h}
""",
)


@pytest.mark.parametrize("stream", [False, True])
def test_tokens_are_counted_when_the_answer_has_come(gateway, stream):
    running = gateway(LIMITED)

    def ask():
        answer = client(running, "any").chat.completions.create(model="m", messages=HI, stream=stream)
        return list(answer) if stream else answer

    ask()
    with pytest.raises(openai.RateLimitError) as raised:
        ask()
    assert raised.value.response.headers["x-ratelimit-limit"] == "10"
    assert raised.value.response.headers["x-ratelimit-remaining"] == "0"
    assert 0 < int(raised.value.response.headers["retry-after"]) <= 3600
    # What is in the bucket outlives a reload that leaves its limits as they are.
    running.config.write_text(running.config.read_text() + "# saved again\n")
    running.process.wait_for_line("config reloaded")
    with pytest.raises(openai.RateLimitError):
        ask()


ESTIMATED = CONFIG.replace("          name: openai\n", "          name: openai\n          tokenize: true\n").replace(
    "      policies:\n",
    """      policies:
        localRateLimit:
        - {maxTokens: 100, tokensPerFill: 100, fillInterval: 1h, type: tokens}
""",
)


def test_a_prompt_that_is_estimated_not_to_fit_is_refused_before_it_is_sent(gateway, standin, collector):
    running = gateway(ESTIMATED)

    def ask(text, **headers):
        made = client(running, "any").chat.completions.with_raw_response
        return made.create(model="m", messages=[{"role": "user", "content": text}], extra_headers=headers)

    standin.clear()
    with pytest.raises(openai.RateLimitError, match="some 204 tokens"):
        ask("word" * 200)
    assert standin.seen() == []
    # Estimated at 84 and answered with the 21 that the provider counts: only those are gone in the end.
    assert ask("word" * 80).headers["x-ratelimit-remaining"] == "100"
    # A failure costs nothing.
    with pytest.raises(openai.BadRequestError):
        ask("word" * 70, **{"x-standin-status": "400"})
    assert ask("Hi").headers["x-ratelimit-remaining"] == "79"
    spans = collector.wait_for(4)
    assert len(spans) == 4


GUARDED = CONFIG.replace(
    "      policies:\n",
    """      policies:
        ai:
          promptGuard:
            request:
            - regex: {rules: [{builtin: email}]}
            - regex: {action: reject, rules: [{pattern: "secret project"}]}
            response:
            - regex: {rules: [{pattern: "gateway"}]}
""",
)


def test_prompts_and_whole_answers_are_masked(gateway, standin, collector):
    running = gateway(GUARDED, env={"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_ONLY"})
    answer = client(running, "k").chat.completions.create(model="m", messages=HI)
    text = answer.choices[0].message.content or ""
    assert "<masked>" in text
    assert "gateway" not in text
    assert "Hi, I am <EMAIL_ADDRESS>" in standin.last()["body"]
    _, attributes = collector.one()
    assert "jo@example.com" not in str(attributes)
    assert "prompt guard masked: email" in attributes["agw.notes"]
    assert attributes["gen_ai.usage.input_tokens"] == 12


def test_a_prompt_that_is_rejected_never_leaves(gateway, standin, collector):
    running = gateway(GUARDED)
    standin.clear()
    with pytest.raises(openai.PermissionDeniedError, match="inappropriate content"):
        client(running, "k").chat.completions.create(
            model="m", messages=[{"role": "user", "content": "the secret project"}]
        )
    assert standin.seen() == []
    _, attributes = collector.one()
    assert attributes["error.type"] == "guard_rejected"


def test_a_password_is_checked_beside_the_loop(gateway, collector):
    import bcrypt

    hashed = bcrypt.hashpw(b"open sesame", bcrypt.gensalt(10)).decode().replace("$", "$$")
    running = gateway(
        CONFIG.replace(
            "      policies:\n", f'      policies:\n        basicAuth: {{htpasswd: "jo:{hashed}", mode: strict}}\n'
        )
    )
    body = {"model": "m", "messages": HI}
    url = f"{running.base_url}/chat/completions"
    assert httpx.post(url, json=body, auth=("jo", "open sesame")).status_code == 200
    assert httpx.post(url, json=body, auth=("jo", "open sesame")).status_code == 200
    answer = httpx.post(url, json=body, auth=("jo", "wrong"))
    assert (answer.status_code, answer.headers["www-authenticate"][:11]) == (401, "Basic realm")
    assert httpx.post(url, json=body).status_code == 401


def test_direct_answers_and_redirects_need_no_provider(gateway, collector):
    routes = """\
binds:
- port: {port}
  listeners:
  - routes:
    - matches: [{path: {exact: /health}}]
      policies: {directResponse: {status: 200, body: fine}}
    - matches: [{path: {pathPrefix: /old}}]
      policies: {requestRedirect: {path: {prefix: /v1}, status: 308}}
"""
    running = gateway(routes + "config: {tracing: {otlpEndpoint: '{collector}'}}\n")
    base = f"http://127.0.0.1:{running.port}"
    assert (httpx.get(f"{base}/health").status_code, httpx.get(f"{base}/health").text) == (200, "fine")
    answer = httpx.post(f"{base}/old/chat?x=1")
    assert (answer.status_code, answer.headers["location"]) == (308, f"{base}/v1/chat?x=1")


CHANGED = CONFIG.replace(
    "      policies:\n",
    """      policies:
        ai:
          transformations:
            max_tokens: 'min(default(llmRequest.max_tokens, 50), 10)'
            user: 'request.headers["x-user"]'
            seed: 'null'
          finalTransformation:
            metadata: '{"asked": llmRequest.model}'
            user: 'default(llmRequest.user, "nobody") + "@" + request.method'
""",
)


def test_members_of_the_body_are_changed_by_expressions(gateway, standin):
    running = gateway(CHANGED)
    client(running, "k", **{"x-user": "jo"}).chat.completions.create(model="m", messages=HI, max_tokens=99, seed=3)
    sent = json.loads(standin.last()["body"])
    assert sent == {
        "model": "gpt-4o-mini",
        "messages": HI,
        "max_completion_tokens": 10,
        "user": "jo@POST",
        "metadata": {"asked": "gpt-4o-mini"},
    }


def test_a_client_that_leaves_in_mid_stream_has_asked_for_something(gateway):
    running = gateway(LIMITED)
    with client(running, "any").chat.completions.create(model="m", messages=HI * 40, stream=True) as stream:
        next(iter(stream))
    running.process.wait_for_line(r"\d\d\d  chat  ")
    with pytest.raises(openai.RateLimitError):
        client(running, "any").chat.completions.create(model="m", messages=HI)


MODELS = """\
config: {tracing: {otlpEndpoint: '{collector}', randomSampling: true}}
llm:
  port: {port}
  models:
  - name: open
    provider: openAI
    params: {apiKey: k, hostOverride: '{upstream}'}
  - name: closed
    provider: openAI
    params: {apiKey: k, hostOverride: '{upstream}'}
    authorization: {rules: ['request.headers["x-team"] == "red"']}
    guardrails: {request: [{regex: {rules: [{builtin: email}]}}]}
  virtualModels:
  - name: either
    routing: {failover: {targets: [{model: open, priority: 0}, {model: closed, priority: 1}]}}
"""


def test_a_model_may_be_for_some_only_whatever_name_it_is_asked_by(gateway, standin, collector):
    running = gateway(MODELS)

    def ask(model: str, **headers: str) -> str:
        client(running, "k", **headers).chat.completions.create(model=model, messages=HI)
        return standin.last()["body"]

    assert "jo@example.com" in ask("open")
    # What might go to a guarded model is masked, whoever answers in the end.
    assert "<EMAIL_ADDRESS>" in ask("closed", **{"x-team": "red"})
    assert "<EMAIL_ADDRESS>" in ask("either", **{"x-team": "red"})
    for model in ("closed", "either"):
        with pytest.raises(openai.PermissionDeniedError):
            ask(model)
    assert [span.status.code for span in collector.wait_for(5)] == [0, 0, 0, 2, 2]
