"""Configs that are refused: which line, which path, what is said, what to write instead."""

from __future__ import annotations

import pytest

from support.configs import PROVIDER, problems, with_route

ROUTE = "binds[0].listeners[0].routes[0]"


def bind(text: str) -> str:
    return "binds:\n- port: 3000\n  " + text


def policy(text: str) -> str:
    return with_route(f"policies: {{{text}}}\nbackends: [{{{PROVIDER}}}]")


def match(text: str) -> str:
    return with_route(f"matches: [{{{text}}}]\nbackends: [{{{PROVIDER}}}]")


def ai(text: str) -> str:
    return with_route(f"backends:\n- ai: {{{text}}}")


def tracing(text: str) -> str:
    return f"config: {{tracing: {{{text}}}}}\n" + with_route(f"backends: [{{{PROVIDER}}}]")


def llm(text: str) -> str:
    return f"llm:\n  models:\n  - {{name: m, provider: openAI, {text}}}\n"


def gateway(text: str) -> str:
    return "gateways: {main: {port: 3000, listeners: [{name: web}]}}\nroutes: [{" + text + "}]\n"


ONE = {
    # what the reference does not know
    "typo at the root": ("bind: []", 1, "bind", "unknown key 'bind'", "did you mean 'binds'?"),
    "typo deep inside": (
        ai("name: a, provider: {openAI: {modle: x}}"),
        6,
        f"{ROUTE}.backends[0].ai.provider.openAI.modle",
        "unknown key 'modle'",
        "did you mean 'model'?",
    ),
    "snake case": (policy("backend_auth: {key: x}"), 5, f"{ROUTE}.policies.backend_auth", "unknown", "'backendAuth'"),
    "wrong capitals": (ai("name: a, provider: {openai: {}}"), 6, f"{ROUTE}.backends[0].ai.provider.openai", "unknown", "'openAI'"),
    "one level too high": (
        with_route(f"backends: [{{{PROVIDER}}}]\nbackendAuth: {{key: x}}"),
        6,
        f"{ROUTE}.backendAuth",
        "unknown key 'backendAuth'",
        "'backendAuth' belongs under 'policies'",
    ),
    # credentials
    "two kinds of credential": (policy("backendAuth: {key: x, gcp: {}}"), 5, f"{ROUTE}.policies.backendAuth", "both 'key' and 'gcp'", "keep one"),
    "half an access key": (policy("backendAuth: {aws: {accessKeyId: AKIA1}}"), 5, f"{ROUTE}.policies.backendAuth.aws", "'secretAccessKey' is missing", "or neither"),
    "a role without its name": (policy("backendAuth: {aws: {assumeRole: {sessionName: s}}}"), 5, f"{ROUTE}.policies.backendAuth.aws.assumeRole", "'roleArn' is missing", ""),
    "half an application": (policy("backendAuth: {azure: {explicitConfig: {clientSecret: {tenantId: t, client_id: c}}}}"), 5, f"{ROUTE}.policies.backendAuth.azure.explicitConfig.clientSecret", "'client_secret' is missing", "clientSecret"),
    "an identity of no kind": (policy("backendAuth: {azure: {explicitConfig: {}}}"), 5, f"{ROUTE}.policies.backendAuth.azure.explicitConfig", "nothing is chosen here", "managedIdentity"),
    "an audience without a purpose": (policy("backendAuth: {gcp: {audience: 'https://a'}}"), 5, f"{ROUTE}.policies.backendAuth.gcp.audience", "an audience without an ID token", "type: idToken"),
    "a token exchange": (policy("backendAuth: {oauthTokenExchange: {}}"), 5, f"{ROUTE}.policies.backendAuth.oauthTokenExchange", "not supported by this gateway", ""),
    # providers without what they need
    "no project": (ai("name: a, provider: {vertex: {region: us-east5}}"), 6, f"{ROUTE}.backends[0].ai.provider.vertex", "'projectId' is missing", "project"),
    "no region": (ai("name: a, provider: {bedrock: }"), 6, f"{ROUTE}.backends[0].ai.provider.bedrock", "'region' is missing", "us-east-1"),
    "no resource": (ai("name: a, provider: {azure: {model: gpt-4o}}"), 6, f"{ROUTE}.backends[0].ai.provider.azure", "'resourceName' is missing", "openai.azure.com"),
    "a resource of no kind": (ai("name: a, provider: {azure: {resourceName: r, resourceType: hub}}"), 6, f"{ROUTE}.backends[0].ai.provider.azure.resourceType", "not one of the known values", "foundry"),
    "no azure host": (ai("name: a, provider: {azureOpenAI: {}}"), 6, f"{ROUTE}.backends[0].ai.provider.azureOpenAI", "'host' is missing", "my.openai.azure.com"),
    "an azure host with scheme": (ai("name: a, provider: {azureOpenAI: {host: 'https://a.b'}}"), 6, f"{ROUTE}.backends[0].ai.provider.azureOpenAI.host", "not a host's name", "without scheme"),
    "custom without a host": (ai("name: a, provider: {custom: {formats: [{type: messages}]}}"), 6, f"{ROUTE}.backends[0].ai.provider.custom", "host is missing", "hostOverride"),
    "a format of no type": (ai("name: a, hostOverride: 'a:1', provider: {custom: {formats: [{path: /x}]}}"), 6, f"{ROUTE}.backends[0].ai.provider.custom.formats[0]", "'type' is missing", ""),
    "a format's path without slash": (ai("name: a, hostOverride: 'a:1', provider: {custom: {formats: [{type: messages, path: x}]}}"), 6, f"{ROUTE}.backends[0].ai.provider.custom.formats[0].path", "a path begins with /", ""),
    # what it knows and we do not serve
    "mcp": ("mcp: {targets: [{name: x}]}\nllm: {models: []}", 1, "mcp", "not supported by this gateway", "take it out"),
    "workloads": ("llm: {models: []}\nworkloads: [{a: 1}]", 2, "workloads", "not supported by this gateway", ""),
    "an empty policy that acts": (policy("csrf: {}"), 5, f"{ROUTE}.policies.csrf", "not supported", ""),
    "a key and its hash": (policy("apiKey: {keys: [{key: x, keyHash: y}]}"), 5, f"{ROUTE}.policies.apiKey.keys[0]", "both 'key' and 'keyHash'", "keep one"),
    "a hash that is none": (policy("apiKey: {keys: [{keyHash: 'md5:00'}]}"), 5, f"{ROUTE}.policies.apiKey.keys[0].keyHash", "not the hash of a key", "sha256:"),
    "a htpasswd that nobody can check": (policy("basicAuth: {htpasswd: 'jo:$$apr1$$x$$y'}"), 5, f"{ROUTE}.policies.basicAuth.htpasswd", "line 1 of the htpasswd holds no hash", "htpasswd -nB"),
    "jwtAuth that is written badly": (policy("jwtAuth: {moed: strict, issuer: a, jwks: {url: 'http://a'}}"), 5, f"{ROUTE}.policies.jwtAuth.moed", "unknown key", "mode"),
    "jwtAuth without an issuer": (policy("jwtAuth: {jwks: {url: 'http://a'}}"), 5, f"{ROUTE}.policies.jwtAuth", "'issuer' is missing", "issuer:"),
    "keys that are none": (policy("jwtAuth: {issuer: a, jwks: '{}'}"), 5, f"{ROUTE}.policies.jwtAuth.jwks", "not a JSON Web Key Set", "keys"),
    "a rule that is no expression": (policy("authorization: {rules: [{deny: 'jwt.sub =='}]}"), 5, f"{ROUTE}.policies.authorization.rules[0].deny", "not an expression", "CEL"),
    "an origin that is none": (policy("cors: {allowOrigins: [app.example.com]}"), 5, f"{ROUTE}.policies.cors.allowOrigins[0]", "not an origin", "https://"),
    "a bucket of no size": (policy("localRateLimit: [{fillInterval: 1s}]"), 5, f"{ROUTE}.policies.localRateLimit[0]", "a bucket of no size", "maxTokens"),
    "two forms of the access log": ("config: {logging: {filter: 'true'}}\nfrontendPolicies: {accessLog: {filter: 'true'}}\nllm: {models: []}", 2, "frontendPolicies.accessLog", "beside 'config.logging'", "keep one"),
    "a level by module": ("config: {logging: {level: 'info,x=trace'}}\nllm: {models: []}", 1, "config.logging.level", "not a level", "info"),
    "an address without a port": ("config: {statsAddr: localhost}\nllm: {models: []}", 1, "config.statsAddr", "not an address", "127.0.0.1:15020"),
    "a label that is none": ("config: {metrics: {fields: {add: {'a b': '1'}}}}\nllm: {models: []}", 1, "config.metrics.fields.add.a b", "not the name of a label", "letters"),
    "a pseudo header by expression": (policy("transformations: {request: {set: {':path': 'request.path'}}}"), 5, f"{ROUTE}.policies.transformations.request.set.:path", "not supported", "urlRewrite"),
    "a guard that asks a service": (policy("ai: {promptGuard: {request: [{webhook: {}}]}}"), 5, f"{ROUTE}.policies.ai.promptGuard.request[0].webhook", "not supported", ""),
    "a guard's pattern": (policy("ai: {promptGuard: {request: [{regex: {rules: [{pattern: '(?=a)'}]}}]}}"), 5, f"{ROUTE}.policies.ai.promptGuard.request[0].regex.rules[0].pattern", "not a regular expression of RE2", ""),
    "streams that are guarded": (policy("ai: {promptGuard: {streaming: Enabled}}"), 5, f"{ROUTE}.policies.ai.promptGuard.streaming", "'Enabled' is not supported", "Disabled"),
    "a policy on clients at a backend": (with_route("backends: [{policies: {apiKey: {keys: [{key: x}]}}, ai: {name: a, provider: {openAI: {}}}}]"), 5, f"{ROUTE}.backends[0].policies", "a policy on clients is not supported by this gateway here", "at the route"),
    "https": (bind("listeners: [{protocol: HTTPS}]"), 3, "binds[0].listeners[0].protocol", "'HTTPS' is not supported by this gateway", "HTTP"),
    "listener tls": (bind("listeners: [{tls: {cert: a, key: b}}]"), 3, "binds[0].listeners[0].tls", "not supported", ""),
    "an API of no name": (policy('ai: {routes: {"*": chat}}'), 5, f"{ROUTE}.policies.ai.routes.*", "not one of the known values", "completions"),
    "a field's unknown variable": (tracing("otlpEndpoint: 'http://a', fields: {add: {x: y}}"), 1, "config.tracing.fields.add.x", "a name that is no variable", "CEL"),
    "a field's broken expression": (tracing("otlpEndpoint: 'http://a', fields: {add: {a: 'true', x: 'llm.('}}"), 1, "config.tracing.fields.add.x", "not an expression", "CEL"),
    "sampling by a broken expression": (tracing("otlpEndpoint: 'http://a', randomSampling: 'request.path =='"), 1, "config.tracing.randomSampling", "not an expression: mismatched input end", "CEL"),
    "header by expression": (tracing("""otlpEndpoint: 'http://a', headers: {a: '"x" + y'}"""), 1, "config.tracing.headers.a", "gives a text by itself", ""),
    "authority auto": (policy("urlRewrite: {authority: auto}"), 5, f"{ROUTE}.policies.urlRewrite.authority", "'auto' is not supported", ""),
    "a pseudo header": (match("headers: [{name: ':method', value: {exact: GET}}]"), 5, f"{ROUTE}.matches[0].headers[0].name", "not supported", "method"),
    "a class of another dialect": (match("path: {regex: '/[[:alpha:]]+'}"), 5, f"{ROUTE}.matches[0].path.regex", "not supported", "[A-Za-z]"),
    "a policy that a plain host would ignore": (
        with_route("policies: {backendAuth: {key: x}}\nbackends: [{host: 'localhost:80'}]"),
        6,
        f"{ROUTE}.backends[0].host",
        "'backendAuth' is not supported by this gateway for a plain 'host' backend",
        "",
    ),
    "a retry that a plain host would ignore": (
        with_route("policies: {retry: {codes: [503]}}\nbackends: [{host: 'localhost:80'}]"),
        6,
        f"{ROUTE}.backends[0].host",
        "'retry' is not supported by this gateway for a plain 'host' backend",
        "",
    ),
    "health that a plain host would ignore": (
        with_route("backends: [{host: 'localhost:80', policies: {health: {unhealthyExpression: 'true'}}}]"),
        5,
        f"{ROUTE}.backends[0].host",
        "'health' is not supported by this gateway for a plain 'host' backend",
        "",
    ),
    # types and values
    "text for a number": ("binds: [{port: '3000', listeners: []}]", 1, "binds[0].port", "expected a whole number, found a text", "without quotes"),
    "number for a text": (policy("backendAuth: {key: 12345}"), 5, f"{ROUTE}.policies.backendAuth.key", "expected a text or a mapping, found a whole number", "quotes"),
    "mapping for a list": ("binds: {port: 1}", 1, "binds", "expected a list, found a mapping", ""),
    "text for a mapping": ("config: hello\nllm: {models: []}", 1, "config", "expected a mapping, found a text", ""),
    "a list for all": ("- binds: []", 1, "", "expected a mapping, found a list", ""),
    "port 0": ("binds: [{port: 0, listeners: []}]", 1, "binds[0].port", "out of range", "1 to 65535"),
    "port 70000": ("binds: [{port: 70000, listeners: []}]", 1, "binds[0].port", "out of range", "1 to 65535"),
    "negative weight": (with_route(f"backends: [{{weight: -1, {PROVIDER}}}]"), 5, f"{ROUTE}.backends[0].weight", "out of range", "0 or more"),
    "unknown word": (tracing("otlpEndpoint: 'http://a', otlpProtocol: http/json"), 1, "config.tracing.otlpProtocol", "not one of the known values", "grpc, http"),
    "an empty entry": (with_route(f"backends:\n- {PROVIDER}\n-"), 7, f"{ROUTE}.backends[1]", "an entry without a value", ""),
    "a bad duration": (policy("timeout: {requestTimeout: 10 seconds}"), 5, f"{ROUTE}.policies.timeout.requestTimeout", "not a duration", "10s"),
    "no duration": (policy("timeout: {requestTimeout: 0s}"), 5, f"{ROUTE}.policies.timeout.requestTimeout", "longer than nothing", ""),
    "a number as duration": (policy("timeout: {requestTimeout: 10}"), 5, f"{ROUTE}.policies.timeout.requestTimeout", "expected a text, found a whole number", "quotes"),
    "a bad regex": (match("path: {regex: '/(a'}"), 5, f"{ROUTE}.matches[0].path.regex", "not a regular expression at its character 2", "Python"),
    "a prefix without slash": (match("path: {pathPrefix: v1}"), 5, f"{ROUTE}.matches[0].path.pathPrefix", "a path begins with /", "/v1"),
    "a host without port": (ai("name: a, hostOverride: example.com, provider: {openAI: {}}"), 6, f"{ROUTE}.backends[0].ai.hostOverride", "not host:port", ":443"),
    "a host with scheme": (ai("name: a, hostOverride: 'http://a:1', provider: {openAI: {}}"), 6, f"{ROUTE}.backends[0].ai.hostOverride", "not host:port", "without scheme"),
    "a path with line breaks": (ai('name: a, pathOverride: "/a\\r\\nx: y", provider: {openAI: {}}'), 6, f"{ROUTE}.backends[0].ai.pathOverride", "control characters", ""),
    "a header with line breaks": (policy('requestHeaderModifier: {set: {a: "b\\r\\nc: d"}}'), 5, f"{ROUTE}.policies.requestHeaderModifier.set.a", "control characters", ""),
    "a header's name with a space": (policy("requestHeaderModifier: {set: {a b: c}}"), 5, f"{ROUTE}.policies.requestHeaderModifier.set.a b", "not a header's name", ""),
    # llm
    "a reference to nobody": ("llm: {providers: [{name: main, provider: openai}], models: [{name: a, provider: {reference: mian}}]}", 1, "llm.models[0].provider.reference", "no entry of llm.providers has this name", "did you mean 'main'?"),
    "two providers of one name": ("llm: {providers: [{name: a, provider: openai}, {name: a, provider: groq}], models: []}", 1, "llm.providers[1].name", "two providers have this name", ""),
    "custom as a word without a host": ("llm: {models: [{name: a, provider: custom}]}", 1, "llm.models[0].provider", "host is missing", "baseUrl"),
    "bedrock without a region": ("llm: {models: [{name: a, provider: bedrock}]}", 1, "llm.models[0].provider", "'awsRegion' is missing", "us-east-1"),
    "a virtual model of no kind": ("llm: {models: [], virtualModels: [{name: a, routing: {}}]}", 1, "llm.virtualModels[0].routing", "nothing is chosen here", "weighted"),
    "a virtual model of two kinds": ("llm: {models: [], virtualModels: [{name: a, routing: {weighted: {targets: []}, failover: {targets: []}}}]}", 1, "llm.virtualModels[0].routing", "both 'weighted' and 'failover'", ""),
    "a virtual model without targets": ("llm: {models: [], virtualModels: [{name: a, routing: {weighted: {targets: []}}}]}", 1, "llm.virtualModels[0].routing.weighted.targets", "without targets", ""),
    "a virtual model of nobody": (llm("params: {}") + "  virtualModels: [{name: a, routing: {weighted: {targets: [{model: x}]}}}]", 4, "llm.virtualModels[0].routing.weighted.targets[0].model", "no entry of llm.models takes this model", ""),
    "weights of nothing": (llm("params: {}") + "  virtualModels: [{name: a, routing: {weighted: {targets: [{model: m, weight: 0}]}}}]", 4, "llm.virtualModels[0].routing.weighted.targets", "every weight is 0", ""),
    "no condition but the last": (llm("params: {}") + "  virtualModels: [{name: a, routing: {conditional: {targets: [{model: m}, {model: m}]}}}]", 4, "llm.virtualModels[0].routing.conditional.targets[0]", "'when' is missing", "only the last"),
    "a condition that is none": (llm("params: {}") + "  virtualModels: [{name: a, routing: {conditional: {targets: [{model: m, when: '1 +'}]}}}]", 4, "llm.virtualModels[0].routing.conditional.targets[0].when", "not an expression", "CEL"),
    "two models of one name": (llm("params: {}") + "  virtualModels: [{name: m, routing: {weighted: {targets: [{model: m}]}}}]", 4, "llm.virtualModels[0].name", "two models have this name", ""),
    # what is missing or chosen twice
    "no name": (ai("provider: {openAI: {}}"), 6, f"{ROUTE}.backends[0].ai", "'name' is missing", ""),
    "no provider": (ai("name: a"), 6, f"{ROUTE}.backends[0].ai", "nothing is chosen here", "provider or groups"),
    "an empty provider": (ai("name: a, provider: {}"), 6, f"{ROUTE}.backends[0].ai.provider", "nothing is chosen here", "write openAI"),
    "two providers": (ai("name: a, provider: {openAI: {}, openAI2: {}}"), 6, f"{ROUTE}.backends[0].ai.provider.openAI2", "unknown", "'openAI'"),
    "no backend": (with_route("backends: [{weight: 1}]"), 5, f"{ROUTE}.backends[0]", "nothing is chosen here", "write ai or host"),
    "two backends in one": (with_route(f"backends: [{{{PROVIDER}, host: 'a:1'}}]"), 5, f"{ROUTE}.backends[0]", "both 'ai' and 'host'", "keep one"),
    "two kinds of path": (match("path: {exact: /a, pathPrefix: /b}"), 5, f"{ROUTE}.matches[0].path", "both 'exact' and 'pathPrefix'", "keep one"),
    "no port": ("binds: [{listeners: []}]", 1, "binds[0]", "'port' is missing", "port: 3000"),
    "no listeners": ("binds: [{port: 3000}]", 1, "binds[0]", "'listeners' is missing", ""),
    "no models": ("llm: {port: 3000}", 1, "llm", "'models' is missing", ""),
    "no key": (policy("backendAuth: {}"), 5, f"{ROUTE}.policies.backendAuth", "nothing is chosen here", "write key or"),
    "an empty key": (policy("backendAuth: {key: ''}"), 5, f"{ROUTE}.policies.backendAuth.key", "the text is empty", "environment variable"),
    "a key of spaces": (policy("backendAuth: {key: '  '}"), 5, f"{ROUTE}.policies.backendAuth.key", "the credential is empty", "environment variable"),
    "a key with line breaks": (policy('backendAuth: {key: "a\\nb"}'), 5, f"{ROUTE}.policies.backendAuth.key", "line breaks", ""),
    "a key file that is not there": (policy("backendAuth: {key: {file: nowhere}}"), 5, f"{ROUTE}.policies.backendAuth.key.file", "no such file", "config file's folder"),
    "a certificate without key": (policy(f"backendTLS: {{cert: {__file__}}}"), 5, f"{ROUTE}.policies.backendTLS.cert", "'cert' without 'key'", ""),
    "an empty group": (ai("groups: [{providers: []}]"), 6, f"{ROUTE}.backends[0].ai.groups", "a group without providers", ""),
    "a setting beside groups": (
        ai("hostOverride: 'a:1', groups: [{providers: [{name: a, provider: {openAI: {}}}]}]"),
        6,
        f"{ROUTE}.backends[0].ai.hostOverride",
        "'hostOverride' beside 'groups'",
        "at each provider",
    ),
    "one port twice": ("binds: [{port: 3000, listeners: []}, {port: 3000, listeners: []}]", 1, "binds[1].port", "port 3000 is opened twice", "bind/3000"),
    "a port of two shapes": ("binds: [{port: 4000, listeners: []}]\nllm: {models: []}", 2, "llm.port", "port 4000 is opened twice", "bind/4000"),
    "nothing at all": ("{}", 1, "", "no port is opened and nothing is traced", "binds, gateways or llm"),
    "no endpoint": (tracing("randomSampling: true"), 1, "config.tracing", "tracing has no endpoint", "otlpEndpoint"),
    "another scheme": (tracing("otlpEndpoint: 'ftp://a'"), 1, "config.tracing.otlpEndpoint", "unsupported tracing endpoint scheme: ftp", "grpc"),
    "a gateway of no name": (gateway("gateways: mian"), 2, "routes[0].gateways", "no gateway has this name", "did you mean 'main'?"),
    "a listener of no name": (gateway("gateways: [main/wep]"), 2, "routes[0].gateways[0]", "no listener of this name", "did you mean 'web'?"),
    "no default gateway": (gateway("name: a"), 2, "routes[0].gateways", "no gateway is named 'default'", "write gateways: NAME"),
    "both tls names": (llm("tls: {}, backendTLS: {}"), 3, "llm.models[0].tls", "'tls' beside 'backendTLS'", ""),
    "base URL and host": (llm("params: {baseUrl: 'http://a', hostOverride: 'b:1'}"), 3, "llm.models[0].params.hostOverride", "beside 'baseUrl'", ""),
    "a base URL without scheme": (llm("params: {baseUrl: 'a.b/v1'}"), 3, "llm.models[0].params.baseUrl", "not an http or https URL", "https://"),
    "a password in a URL": (llm("params: {baseUrl: 'http://u:p@a'}"), 3, "llm.models[0].params.baseUrl", "scheme, host, port and path only", "apiKey"),
    "port and gateways": ("gateways: {a: {port: 1}}\nllm: {port: 2, gateways: a, models: []}", 2, "llm.port", "'port' beside 'gateways'", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE)
def test_one_mistake_is_one_problem_with_its_line_its_path_and_what_to_write_instead(name):
    text, line, path, message, hint = ONE[name]
    (problem,) = problems(text)
    assert message in problem.message
    assert hint in problem.hint
    assert (problem.file, problem.line, problem.path) == ("cfg.yaml", line, path)


def test_many_mistakes_are_shown_at_once_in_the_order_of_the_file():
    found = problems("""\
        confg: {}
        binds:
        - port: 3000
          listeners:
          - routes:
            - backends:
              - ai:
                  name: a
                  provider: {openAI: {modle: x}}
                  hostOverride: nowhere
              matches:
              - path: {regex: "("}
              policies:
                csrf: {}
                backendAuth: {key: ""}
        - port: 3000
          listeners: []
    """)
    assert [one.line for one in found] == [1, 9, 10, 12, 14, 15, 16]
    assert [one.message.split()[0] for one in found] == ["unknown", "unknown", "not", "not", "not", "the", "port"]


def test_a_merged_mapping_names_the_line_where_the_key_stands():
    (problem,) = problems("""\
        binds:
        - &one
          port: 3000
          listeners:
          - prot: HTTP
        """)
    assert problem.line == 5


def test_the_reason_of_an_unsupported_key_is_its_hint():
    (problem,) = problems("frontendPolicies: {tracing: {host: 'a:1', service: {}}}\nllm: {models: []}")
    assert str(problem) == (
        "cfg.yaml:1: frontendPolicies.tracing.service: not supported by this gateway (write host: name:port)"
    )
