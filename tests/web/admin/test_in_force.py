"""The config on the page shows no secret."""

from __future__ import annotations

from agw.web.admin.in_force import shown

CONFIG = """
config:
  tracing: {otlpEndpoint: "http://localhost:4317", headers: {Authorization: "Basic canary1", x-api-key: $KEY}}
binds:
- port: 3000
  listeners:
  - routes:
    - policies:
        backendAuth: {key: "sk-canary2"}
        apiKey: {keys: [{key: canary3, metadata: {name: alice}}]}
        basicAuth: {htpasswd: "bob:canary4"}
      backends:
      - ai: {name: a, provider: {openAI: {model: gpt-4o}}, policies: {backendAuth: {key: "$OPENAI_API_KEY"}}}
      - ai: {name: b, provider: {openAI: {}}, policies: {backendAuth: {key: {file: /run/key}}}}
llm:
  models: [{name: "*", provider: openAI, params: {apiKey: canary5, model: m}}]
"""


def test_values_that_may_be_credentials_are_masked_and_references_stay():
    text = shown(CONFIG)
    assert "canary" not in text
    for kept in ("gpt-4o", "$OPENAI_API_KEY", "/run/key", "http://localhost:4317", "port: 3000", "$KEY"):
        assert kept in text


def test_a_file_that_was_broken_since_is_told():
    assert "not valid YAML" in shown("a: [")
