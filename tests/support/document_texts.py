"""Configs in the shape in which public pages show them: one for each thing that people write down.

The environment that they need is ``ENVIRON``.
"""

from __future__ import annotations

ENVIRON = {
    name: f"secret-{number}"
    for number, name in enumerate(
        (
            "OPENAI_API_KEY",
            "ANTHROPIC_API_KEY",
            "GEMINI_API_KEY",
            "AZURE_OPENAI_API_KEY",
            "MISTRAL_API_KEY",
            "GROQ_API_KEY",
            "COHERE_API_KEY",
            "AWS_KEY",
            "AWS_SECRET",
            "LANGFUSE_AUTH",
        )
    )
}


def _route(backend: str, policies: str = "") -> str:
    text = "binds:\n- port: 3000\n  listeners:\n  - routes:\n    - backends:\n"
    text += "".join(f"      {line}\n" for line in backend.strip("\n").split("\n"))
    if policies:
        text += "      policies:\n" + "".join(f"        {line}\n" for line in policies.strip("\n").split("\n"))
    return text


def _ai(provider: str, more: str = "", policies: str = "backendAuth: {key: $OPENAI_API_KEY}") -> str:
    return _route(f"- ai:\n    name: llm\n    provider:\n      {provider}\n{more}", policies)


def _llm(models: str, more: str = "") -> str:
    return f"{more}llm:\n  models:\n" + "".join(f"  {line}\n" for line in models.strip("\n").split("\n"))


PROVIDERS = {
    "openai": _ai("openAI:\n        model: gpt-4o-mini"),
    "openai without a model": _ai("openAI: {}"),
    "openai with nothing behind it": _ai("openAI:"),
    "anthropic": _ai("anthropic: {model: claude-sonnet-4-5}", policies="backendAuth:\n  key: $ANTHROPIC_API_KEY"),
    "claude code": _ai(
        "anthropic: {}",
        policies="ai:\n  routes:\n    /v1/messages: messages\n    /v1/messages/count_tokens: anthropicTokenCount\n    '*': passthrough",
    ),
    "gemini": _ai("gemini: {model: gemini-2.5-flash}", policies="backendAuth: {key: $GEMINI_API_KEY}"),
    "gemini cli": _ai(
        "gemini: {}",
        policies="backendAuth: {key: $GEMINI_API_KEY}\nai:\n  routes:\n    ':generateContent': generateContent\n    ':streamGenerateContent': generateContent\n    ':countTokens': geminiCountTokens",
    ),
    "vertex": _ai(
        "vertex: {model: google/gemini-2.5-flash-lite, projectId: my-project, region: us-west2}",
        policies="backendAuth: {gcp: {}}",
    ),
    "vertex with claude": _ai(
        "vertex: {model: claude-sonnet-4-5@20250929, projectId: my-project, region: global}", policies=""
    ),
    "bedrock": _ai("bedrock: {model: amazon.nova-pro-v1:0, region: us-west-2}", policies="backendAuth: {aws: {}}"),
    "bedrock with keys": _ai(
        "bedrock: {region: us-east-1}",
        policies="backendAuth:\n  aws:\n    accessKeyId: $AWS_KEY\n    secretAccessKey: $AWS_SECRET\n    region: us-east-1",
    ),
    "bedrock with a role": _ai(
        "bedrock: {region: us-east-1}",
        policies="backendAuth:\n  aws:\n    assumeRole: {roleArn: 'arn:aws:iam::123456789012:role/llm', sessionName: gateway, tags: [{key: team, value: blue}]}",
    ),
    "bedrock guardrails": _ai(
        "bedrock: {region: us-east-1, guardrailIdentifier: abc123, guardrailVersion: DRAFT}", policies=""
    ),
    "bedrock prompt caching": _ai(
        "bedrock: {region: us-east-1}",
        policies="ai:\n  promptCaching: {cacheSystem: true, cacheMessages: true, cacheTools: false, minTokens: 1024}",
    ),
    "azure openai": _ai(
        "azure: {resourceName: my-resource, resourceType: openAI, model: gpt-4o, apiVersion: '2024-10-21'}",
        policies="backendAuth:\n  key:\n    value: $AZURE_OPENAI_API_KEY\n    location: {header: {name: api-key}}",
    ),
    "azure foundry": _ai(
        "azure: {resourceName: my-resource, resourceType: foundry, projectName: my-project}",
        policies="backendAuth: {azure: {implicit: {}}}",
    ),
    "azure ai services": _ai(
        "azure: {resourceName: my-resource, resourceType: aiServices}",
        policies="backendAuth: {azure: {developerImplicit: {}}}",
    ),
    "azure with an application": _ai(
        "azure: {resourceName: r, resourceType: openAI}",
        policies="backendAuth:\n  azure:\n    explicitConfig:\n      clientSecret:\n        tenant_id: t\n        client_id: c\n        client_secret: $AZURE_OPENAI_API_KEY",
    ),
    "azure with an application, camel case": _ai(
        "azure: {resourceName: r, resourceType: openAI}",
        policies="backendAuth:\n  azure:\n    explicitConfig:\n      clientSecret:\n        tenantId: t\n        clientId: c\n        clientSecret: $AZURE_OPENAI_API_KEY",
    ),
    "azure with a managed identity": _ai(
        "azure: {resourceName: r, resourceType: openAI}",
        policies="backendAuth: {azure: {explicitConfig: {managedIdentity: {userAssignedIdentity: {clientId: c}}}}}",
    ),
    "azure of older versions": _ai("azureOpenAI: {model: gpt-4o, host: my-resource.openai.azure.com, apiVersion: v1}"),
    "copilot": _ai("copilot: {model: gpt-5-mini}", policies="backendAuth: copilot"),
    "copilot implied": _ai("copilot: {}", policies=""),
    "custom": _ai(
        "custom:\n        providerOverride: my-llm\n        formats:\n        - type: completions\n          path: /api/chat\n        - type: messages",
        "    hostOverride: llm.example.com:443",
        "backendTLS: {}\nbackendAuth: {key: $OPENAI_API_KEY}",
    ),
    "rerank with a preset": _ai(
        "cohere: {model: rerank-v3.5}",
        policies="backendAuth: {key: $COHERE_API_KEY}\nai: {routes: {/v2/rerank: rerank}}",
    ),
    "mistral by host": _ai(
        "openAI: {model: mistral-medium}",
        "    hostOverride: api.mistral.ai:443\n    pathPrefix: /v1",
        "backendTLS: {}\nbackendAuth: {key: $MISTRAL_API_KEY}",
    ),
    "ollama by host": _ai("openAI: {model: llama3.2}", "    hostOverride: localhost:11434", ""),
    "an override of the path": _ai("openAI: {}", "    hostOverride: llm.local:8000\n    pathOverride: /v2/chat?beta=1"),
    "two providers, each with its key": _route(
        "- ai:\n    groups:\n    - providers:\n      - name: openai\n        provider: {openAI: {model: gpt-4o}}\n        backendAuth: {key: $OPENAI_API_KEY}\n"
        "    - providers:\n      - name: claude\n        provider: {anthropic: {model: claude-haiku-4-5}}\n        policies: {backendAuth: {key: $ANTHROPIC_API_KEY}}"
    ),
    "failover with health": _route(
        "- ai:\n    groups:\n    - providers: [{name: a, provider: {openAI: {model: gpt-5}}}]\n    - providers: [{name: b, provider: {openAI: {model: gpt-5-mini}}}]\n"
        "  policies: {health: {eviction: {duration: 30s, consecutiveFailures: 2}}}",
        "backendAuth: {key: $OPENAI_API_KEY}\nretry: {attempts: 2, backoff: 100ms, codes: [429, 503]}",
    ),
    "a split of traffic": _route(
        "- weight: 90\n  ai: {name: a, provider: {openAI: {model: gpt-4o}}}\n- weight: 10\n  ai: {name: b, provider: {openAI: {model: gpt-4o-mini}}}",
        "backendAuth: {key: $OPENAI_API_KEY}",
    ),
    "a key in the query": _ai(
        "gemini: {}", policies="backendAuth: {key: {value: $GEMINI_API_KEY, location: {queryParameter: {name: key}}}}"
    ),
    "an id token": _ai(
        "openAI: {}",
        "    hostOverride: llm-abc.a.run.app:443",
        "backendTLS: {}\nbackendAuth: {gcp: {type: idToken, audience: 'https://llm-abc.a.run.app'}}",
    ),
    "multiple apis on one route": _ai(
        "openAI: {}",
        policies="backendAuth: {key: $OPENAI_API_KEY}\nai:\n  routes:\n    /v1/chat/completions: completions\n    /v1/responses: responses\n    /v1/embeddings: embeddings\n    /v1/realtime: realtime\n    /v1/models: passthrough\n    '*': detect",
    ),
}

POLICIES = {
    "prompt enrichment": _ai(
        "openAI: {}",
        policies="backendAuth: {key: $OPENAI_API_KEY}\nai:\n  prompts:\n    prepend:\n    - role: system\n      content: Answer in French.\n    append:\n    - role: user\n      content: Be brief.",
    ),
    "defaults and overrides": _ai(
        "openAI: {}", policies="ai:\n  defaults: {temperature: 0.7, max_tokens: 500}\n  overrides: {stream: false}"
    ),
    "aliases": _ai(
        "openAI: {}",
        policies="ai:\n  modelAliases:\n    fast: gpt-4o-mini\n    'gpt-3.5*': gpt-4o-mini\n    '*-latest': gpt-4o",
    ),
    "prompt guard": _ai(
        "openAI: {}",
        policies="ai:\n  promptGuard:\n    request:\n    - regex:\n        action: reject\n        rules:\n        - builtin: ssn\n        - builtin: email\n        - pattern: 'secret-[0-9]+'\n      rejection: {status: 400, body: no}",
    ),
    "api keys": _ai(
        "openAI: {}",
        policies="apiKey:\n  mode: strict\n  keys:\n  - key: sk-client-1\n    metadata: {name: alice, group: blue}\nbackendAuth: {key: $OPENAI_API_KEY}",
    ),
    "authorization": _ai(
        "openAI: {}",
        policies="apiKey: {keys: [{key: k1, metadata: {tier: gold}}]}\nauthorization:\n  rules:\n  - 'apiKey.tier == \"gold\"'",
    ),
    "a rate limit of requests": _ai(
        "openAI: {}", policies="localRateLimit:\n- maxTokens: 10\n  tokensPerFill: 1\n  fillInterval: 60s"
    ),
    "a rate limit of tokens": _ai(
        "openAI: {}",
        policies="localRateLimit:\n- maxTokens: 1000\n  tokensPerFill: 100\n  fillInterval: 1s\n  type: tokens",
    ),
    "cors": _ai(
        "openAI: {}", policies="cors:\n  allowOrigins: ['*']\n  allowHeaders: ['*']\n  allowMethods: [GET, POST]"
    ),
    "jwt": _ai(
        "openAI: {}",
        policies='jwtAuth:\n  mode: strict\n  issuer: https://issuer.example.com\n  audiences: [llm]\n  jwks: \'{"keys": [{"kty": "oct", "kid": "1", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMw", "alg": "HS256"}]}\'',
    ),
    "transformations": _ai(
        "openAI: {}",
        policies='transformations:\n  request:\n    set:\n      x-user: request.headers["x-forwarded-user"]\n    remove: [x-debug]',
    ),
    "a prefix for each provider": (
        "binds:\n- port: 3000\n  listeners:\n  - routes:\n"
        "    - matches: [{path: {pathPrefix: /openai}}]\n      policies: {urlRewrite: {path: {prefix: /}}, backendAuth: {key: $OPENAI_API_KEY}}\n"
        "      backends: [{ai: {name: openai, provider: {openAI: {}}}}]\n"
        "    - matches: [{path: {pathPrefix: /anthropic}}]\n      policies: {urlRewrite: {path: {prefix: /}}, backendAuth: {key: $ANTHROPIC_API_KEY}}\n"
        "      backends: [{ai: {name: anthropic, provider: {anthropic: {}}}}]\n"
    ),
    "a route by header": (
        "binds:\n- port: 3000\n  listeners:\n  - routes:\n    - matches: [{headers: [{name: x-team, value: {exact: red}}]}]\n"
        "      backends: [{ai: {name: a, provider: {openAI: {model: gpt-4o}}}}]\n    - backends: [{ai: {name: b, provider: {openAI: {model: gpt-4o-mini}}}}]\n"
    ),
    "a key for the whole listener": (
        "binds:\n- port: 3000\n  listeners:\n  - policies: {backendAuth: {key: $OPENAI_API_KEY}}\n    routes:\n    - backends: [{ai: {name: a, provider: {openAI: {}}}}]\n"
    ),
    "a path by an old regex": (
        "binds:\n- port: 3000\n  listeners:\n  - routes:\n    - matches: [{path: {regex: ['/v1/.*', 5]}}]\n      backends: [{ai: {name: a, provider: {openAI: {}}}}]\n"
    ),
    "timeouts": _ai("openAI: {}", policies="timeout: {requestTimeout: 120s, backendRequestTimeout: 60s}"),
    "headers": _ai(
        "openAI: {}",
        policies="requestHeaderModifier: {set: {x-org: acme}, remove: [x-internal]}\nresponseHeaderModifier: {add: {x-served-by: gateway}}",
    ),
    "large bodies": "frontendPolicies: {http: {maxBufferSize: 20971520}}\n" + _ai("openAI: {}"),
    "gateways and routes": (
        "gateways:\n  default: {port: 3000}\nroutes:\n- name: openai\n  policies: {backendAuth: {key: $OPENAI_API_KEY}}\n  backends: [{ai: {name: openai, provider: {openAI: {model: gpt-4o}}}}]\n"
    ),
    "gateways with policies beside their port": (
        "gateways:\n  default:\n    port: 3000\n    apiKey: {keys: [{key: k1}]}\nroutes:\n- backends: [{ai: {name: openai, provider: {openAI: {}}}}]\n"
    ),
}

TRACING = {
    "tracing": "config:\n  tracing:\n    otlpEndpoint: http://localhost:4317\n    randomSampling: true\n"
    + _ai("openAI: {}"),
    "tracing to a cloud": (
        "config:\n  tracing:\n    otlpEndpoint: https://cloud.langfuse.com\n    otlpProtocol: http\n    path: /api/public/otel/v1/traces\n"
        "    headers:\n      Authorization: Basic $LANGFUSE_AUTH\n    randomSampling: 1\n" + _ai("openAI: {}")
    ),
    "a header as an expression": (
        "config:\n  tracing:\n    otlpEndpoint: https://otel.example.com\n    headers: {Authorization: '\"Bearer x\"'}\n    randomSampling: '0.25'\n"
        + _ai("openAI: {}")
    ),
    "fields of a vendor": (
        "config:\n  tracing:\n    otlpEndpoint: http://localhost:4317\n    randomSampling: true\n    fields:\n      add:\n        span.name: '\"openai.chat\"'\n"
        "        gen_ai.system: llm.provider\n        gen_ai.prompt: flattenRecursive(llm.prompt)\n        gen_ai.usage.completion_tokens: llm.outputTokens\n"
        "        llm.is_streaming: llm.streaming\n" + _ai("openAI: {}")
    ),
    "names of before 1.0": (
        "config:\n  tracing:\n    otlpEndpoint: http://localhost:4317\n    fields:\n      add: {tokens: llm.output_tokens, prompt: flatten_recursive(llm.prompt)}\n"
        + _ai("openAI: {}")
    ),
    "an access log": "config:\n  logging:\n    fields:\n      add: {user: 'request.headers[\"x-user\"]'}\n"
    + _ai("openAI: {}"),
    "metrics": "config:\n  metrics:\n    fields:\n      add: {user_id: 'request.headers[\"x-user\"]'}\n"
    + _ai("openAI: {}"),
    "a price catalog": (
        "config:\n  modelCatalog:\n  - inline:\n      providers:\n        openai:\n          models:\n            gpt-4o: {rates: {input: '2.5', output: '10'}}\n"
        + _ai("openAI: {}")
    ),
}

LLM = {
    "one model": _llm("- name: gpt-4o\n  provider: openAI\n  params: {apiKey: $OPENAI_API_KEY}"),
    "every model": _llm("- name: '*'\n  provider: openai\n  params: {apiKey: $OPENAI_API_KEY}"),
    "models of several providers": _llm(
        "- {name: 'gpt-*', provider: openAI, params: {apiKey: $OPENAI_API_KEY}}\n- {name: 'claude-*', provider: anthropic, params: {apiKey: $ANTHROPIC_API_KEY}}\n"
        "- {name: 'gemini-*', provider: gemini, params: {apiKey: $GEMINI_API_KEY}}\n- {name: llama3.2, provider: ollama}"
    ),
    "a name for another model": _llm(
        "- name: fast\n  provider: openAI\n  params: {model: gpt-4o-mini, apiKey: $OPENAI_API_KEY}"
    ),
    "a base url": _llm("- name: '*'\n  provider: openAI\n  params: {baseUrl: 'http://localhost:8000/v1'}"),
    "bedrock models": _llm(
        "- name: nova\n  provider: bedrock\n  params: {model: amazon.nova-lite-v1:0, awsRegion: us-east-1}"
    ),
    "vertex models": _llm(
        "- name: gemini\n  provider: vertex\n  params: {model: gemini-2.5-pro, vertexProject: p, vertexRegion: us-central1}"
    ),
    "azure models": _llm(
        "- name: gpt-4o\n  provider: azure\n  params: {azureResourceName: r, azureResourceType: openAI, azureApiVersion: v1, apiKey: $AZURE_OPENAI_API_KEY}"
    ),
    "copilot models": _llm("- {name: '*', provider: copilot}"),
    "presets": _llm(
        "\n".join(
            f"- {{name: {name}/*, provider: {name}, params: {{apiKey: k}}}}"
            for name in (
                "cohere",
                "baseten",
                "cerebras",
                "deepinfra",
                "deepseek",
                "groq",
                "huggingface",
                "mistral",
                "openrouter",
                "togetherai",
                "xai",
                "fireworks",
            )
        )
    ),
    "a custom model": _llm(
        "- name: mine\n  provider:\n    custom:\n      formats:\n      - type: completions\n      - type: embeddings\n        path: /embed\n  params: {baseUrl: 'https://llm.example.com/api', apiKey: k}"
    ),
    "custom as a word": _llm("- name: mine\n  provider: custom\n  params: {baseUrl: 'https://llm.example.com/v1'}"),
    "providers by reference": (
        "llm:\n  providers:\n  - name: main\n    provider: openAI\n    params: {apiKey: $OPENAI_API_KEY}\n  models:\n  - {name: gpt-4o, provider: {reference: main}}\n"
        "  - {name: gpt-4o-mini, provider: {reference: main}}\n"
    ),
    "a virtual model by weight": _llm(
        "- {name: a, provider: openAI}\n- {name: b, provider: anthropic}",
    )
    + "  virtualModels:\n  - name: split\n    routing: {weighted: {targets: [{model: a, weight: 80}, {model: b, weight: 20}]}}\n",
    "a virtual model that fails over": _llm(
        "- {name: a, provider: openAI, visibility: internal}\n- {name: b, provider: anthropic, visibility: internal}",
    )
    + "  virtualModels:\n  - name: safe\n    routing: {failover: {targets: [{model: a, priority: 0}, {model: b, priority: 1}]}}\n",
    "a virtual model by condition": _llm(
        "- {name: a, provider: openAI}\n- {name: b, provider: anthropic}",
    )
    + '  virtualModels:\n  - name: smart\n    routing:\n      conditional:\n        targets:\n        - when: \'request.headers["x-plan"] == "premium"\'\n          model: b\n        - model: a\n',
    "a model by header": _llm(
        "- name: m\n  provider: openAI\n  matches: [{headers: [{name: x-tier, value: {exact: gold}}]}]\n- {name: m, provider: groq, params: {apiKey: k}}"
    ),
    "defaults of a model": _llm(
        "- name: m\n  provider: openAI\n  defaults: {temperature: 0.2}\n  overrides: {user: gateway}\n  transformation: {max_tokens: 'min([llmRequest.max_tokens, 100])'}"
    ),
    "guardrails of a model": _llm(
        "- name: m\n  provider: openAI\n  guardrails:\n    request:\n    - regex: {action: mask, rules: [{builtin: creditCard}]}"
    ),
    "policies of all models": _llm("- {name: m, provider: openAI}")
    + "  policies:\n    apiKey: {mode: strict, keys: [{key: k1, metadata: {name: alice}, allowedModels: [m]}]}\n    localRateLimit: [{maxTokens: 100, tokensPerFill: 10, fillInterval: 1s, type: tokens}]\n",
    "passthrough": _llm("- {name: '*', provider: openAI, passthrough: detect}"),
    "models on a gateway": _llm(
        "- {name: '*', provider: openAI, params: {apiKey: $OPENAI_API_KEY}}", "gateways: {default: {port: 4000}}\n"
    ),
    "a port of its own": "llm:\n  port: 4100\n  models:\n  - {name: '*', provider: openAI}\n",
    "auth of a model": _llm(
        "- {name: m, provider: bedrock, params: {awsRegion: us-east-1}, auth: {aws: {assumeRole: {roleArn: 'arn:aws:iam::1:role/r'}}}}"
    ),
    "headers of a model": _llm(
        "- {name: m, provider: openAI, requestHeaders: {set: {x-team: blue}}, responseHeaders: {remove: [server]}}"
    ),
    "prompt caching of a model": _llm("- {name: m, provider: anthropic, promptCaching: {cacheTools: true}}"),
    "tls of a model": _llm(
        "- {name: m, provider: openAI, params: {hostOverride: 'llm.local:8443'}, tls: {insecure: true}}"
    ),
    "health of a model": _llm(
        "- {name: m, provider: openAI, health: {eviction: {duration: 10s, consecutiveFailures: 3}}}"
    ),
}

DOCUMENTS = {**PROVIDERS, **POLICIES, **TRACING, **LLM}

UNSUPPORTED = {
    "mcp": ("mcp: {targets: [{name: x, stdio: {cmd: x}}]}\n" + _ai("openAI: {}"), "mcp"),
    "token exchange": (_ai("openAI: {}", policies="backendAuth: {oauthTokenExchange: {}}"), "oauthTokenExchange"),
    "a signed jwt": (_ai("openAI: {}", policies="backendAuth: {jwtSign: {}}"), "jwtSign"),
    "a tunnel to a service": (
        _llm("- {name: m, provider: openAI, backendTunnel: {proxy: {service: {name: s, port: 1}}}}"),
        "service",
    ),
    "moderation": (_ai("openAI: {moderation: {}}"), "moderation"),
    "an external rate limit": (
        _ai("openAI: {}", policies="remoteRateLimit: {domain: d, host: 'h:1', descriptors: []}"),
        "remoteRateLimit",
    ),
}
"""Configs with one thing that is not served, and the last key of its path."""
