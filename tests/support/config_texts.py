"""Configs as people write them, in all three shapes. The environment they need is OPENAI_API_KEY."""

from __future__ import annotations

DOCUMENTED = """\
# yaml-language-server: $schema=https://agentgateway.dev/schema/config
config:
  tracing:
    otlpEndpoint: http://localhost:4317
    randomSampling: true

binds:
- port: 3000
  listeners:
  - routes:
    - backends:
      - ai:
          name: openai
          provider:
            openAI:
              model: gpt-4o-mini
      policies:
        backendAuth:
          key: "$OPENAI_API_KEY"
"""

BINDS = """\
binds:
- port: 8080
  tunnelProtocol: direct
  listeners:
  - name: chat
    namespace: edge
    hostname: "*.example.com"
    protocol: HTTP
    policies:
      backendAuth:
        key: "$OPENAI_API_KEY"
    routes:
    - name: chat
      namespace: ai
      ruleName: first
      hostnames: [Chat.Example.com]
      matches:
      - path:
          pathPrefix: /openai
        method: POST
        headers:
        - name: X-Team
          value:
            exact: blue
        query:
        - name: v
          value:
            regex: "[0-9]+"
      - path:
          regex: ["/v[12]/.*$$", 9]
      policies:
        urlRewrite:
          authority:
            full: api.example.com:8443
          path:
            prefix: /
        requestHeaderModifier:
          add: {x-a: "1"}
          set: {x-b: "2"}
          remove: [x-c]
        timeout:
          requestTimeout: 1m30s
          backendRequestTimeout: 500ms
        ai:
          routes:
            /v1/chat/completions: completions
            /v1/models: passthrough
            "*": passthrough
          modelAliases:
            fast: gpt-4o-mini
            gpt-*: gpt-4o
          defaults:
            temperature: 0.2
          overrides:
            user: gateway
      backends:
      - weight: 9
        ai:
          groups:
          - providers:
            - name: first
              provider: {openAI: {model: gpt-4o}}
              backendAuth:
                key: {value: "$OPENAI_API_KEY", location: {header: {name: api-key}}}
            - name: second
              provider:
                openAI:
              hostOverride: "[::1]:9000"
              pathPrefix: /api/v1
          - providers:
            - name: third
              hostOverride: llm.local:443
              provider: {openAI: {}}
              tokenize: false
              policies:
                backendTLS: {insecureHost: true}
      - weight: 1
        policies:
          backendTLS: {}
        ai:
          name: fourth
          provider: {openAI: {}}
    - matches: [{path: {exact: /health}}]
      backends: []
"""

GATEWAYS = """\
gateways:
  default:
    port: 3000
  internal:
    port: 3001
    listeners:
    - name: chat
      hostname: chat.internal
    - name: other
      protocol: HTTP
routes:
- name: openai
  backends:
  - ai:
      name: openai
      provider:
        openAI: {}
- gateways: internal/chat
  backends:
  - host: localhost:8080
- gateways: [default, internal]
  matches:
  - path: {pathPrefix: /both}
  backends:
  - ai: {name: b, provider: {openAI: {}}}
"""

LLM = """\
llm:
  models:
  - name: "*"
    provider: openAI
    params:
      apiKey: "$OPENAI_API_KEY"
  - name: fast
    id: 1a2b
    provider: openai
    visibility: public
    params:
      model: gpt-4o-mini
      baseUrl: https://llm.example.com/openai/v1/
      tokenize: false
    defaults: {temperature: 0}
    overrides: {store: false}
    requestHeaders: {set: {x-team: blue}}
    responseHeaders: {remove: [server]}
    matches:
    - headers: [{name: x-tier, value: {exact: gold}}]
    guardrails: {}
    transformation: {}
  virtualModels: []
  providers: []
  policies: {}
"""

EMPTY_PARTS = """\
config:
  logging:
  metrics: {fields: {}, remove: []}
  tracing:
mcp:
ui: {}
frontendPolicies: {}
workloads: []
services: []
policies: []
binds:
- port: 3000
  mode: standard
  listeners:
  - tls:
    policies: {cors: , apiKey: , transformations: {}}
    tcpRoutes: []
    routes:
    - policies: {localRateLimit: [], retry: , ai: {promptGuard: {}, prompts: , transformations: {}}}
      backends: [{ai: {name: a, provider: {openAI: {}}, policies: }}]
"""

WITH_ANCHORS = """\
binds:
- port: 3000
  listeners:
  - routes:
    - &route
      matches: [{path: {pathPrefix: /a}}]
      policies: &policies
        backendAuth: {key: "${OPENAI_API_KEY:-none}"}
      backends: &backends
      - ai: {name: openai, provider: {openAI: {}}}
    - <<: *route
      matches: [{path: {pathPrefix: /b}}]
    - policies: *policies
      backends: *backends
"""

ONLY_TRACING = """\
config: {tracing: {otlpEndpoint: "http://localhost:4317", randomSampling: "0.5", clientSampling: false}}
"""

PROXY_STYLE = """\
binds:
- {port: 3000, listeners: [{routes: [{backends: [{host: "localhost:8080", policies: {backendTLS: {hostname: a.b}}}]}]}]}
"""

PROVIDERS = """\
binds:
- port: 3000
  listeners:
  - policies: {backendAuth: {key: "$OPENAI_API_KEY"}}
    routes:
    - backends:
      - ai:
          groups:
          - providers:
            - {name: claude, provider: {anthropic: {model: claude-sonnet-4-5}}}
            - {name: gemini, provider: {gemini: {model: gemini-2.5-pro}}}
            - {name: vertex, provider: {vertex: {model: google/gemini-2.5-pro, projectId: p-1, region: us-central1}}}
            - {name: bedrock, provider: {bedrock: {region: us-east-1, guardrailIdentifier: g, guardrailVersion: "1"}}}
          - providers:
            - {name: azure, provider: {azure: {resourceName: my, resourceType: openAI, model: gpt-4o, apiVersion: "2024-10-21"}}}
            - {name: foundry, provider: {azure: {resourceName: my, resourceType: aiServices, projectName: p}}}
            - {name: old, provider: {azureOpenAI: {host: my.openai.azure.com, model: gpt-4o}}}
            - {name: copilot, provider: {copilot: {}}}
            - {name: cohere, provider: {cohere: }}
            - {name: mistral, provider: {mistral: {model: mistral-small}}}
            - name: own
              hostOverride: llm.internal:8080
              provider:
                custom:
                  model: m
                  providerOverride: ours
                  formats:
                  - {type: completions, path: /chat}
                  - type: messages
      policies:
        ai:
          routes:
            /v1/chat/completions: completions
            /v1/messages: messages
            /v1/messages/count_tokens: anthropicTokenCount
            /v1/responses: responses
            /v1/embeddings: embeddings
            /v1/rerank: rerank
            /v1/realtime: realtime
            ":generateContent": generateContent
            ":countTokens": geminiCountTokens
            /v1/models: models
            "*": detect
"""

CONFIGS = {
    "documented": DOCUMENTED,
    "binds": BINDS,
    "gateways": GATEWAYS,
    "llm": LLM,
    "empty parts": EMPTY_PARTS,
    "anchors": WITH_ANCHORS,
    "only tracing": ONLY_TRACING,
    "proxy style": PROXY_STYLE,
    "providers": PROVIDERS,
}
