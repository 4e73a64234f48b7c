"""What the parts of a config become in the snapshot."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.config import load, loads
from agw.config.secret import Secret
from agw.config.snapshot import (
    BackendTls,
    HeaderModifier,
    Location,
    LocationKind,
    PathKind,
    Timeouts,
    UrlRewrite,
    ValueMatch,
)
from agw.errors import ConfigError
from support.configs import PROVIDER, only_route, snapshot, with_route


def merged(text: str, **environ: str):
    """What the caller makes of a call's policies: the target's over the route's."""
    route = only_route(text, **environ)
    return route.backends[0].groups[0][0].policies.over(route.policies)


def with_policy(text: str) -> str:
    return with_route(f"policies: {{{text}}}\nbackends: [{{{PROVIDER}}}]")


LEVELS = """\
binds:
- port: 3000
  listeners:
  - policies: {{ {listener} }}
    routes:
    - policies: {{ {route} }}
      backends:
      - policies: {{ {backend} }}
        ai:
          policies: {{ {ai} }}
          groups:
          - providers:
            - name: a
              provider: {{openAI: {{}}}}
              policies: {{ {provider} }}
"""
ORDER = ["listener", "route", "backend", "ai", "provider"]


@pytest.mark.parametrize("innermost", range(len(ORDER)))
def test_a_policy_may_stand_on_every_level_and_the_innermost_counts(innermost):
    said = {level: f"backendAuth: {{key: {level}}}" if n <= innermost else "" for n, level in enumerate(ORDER)}
    auth = merged(LEVELS.format(**said)).backend_auth
    assert auth is not None
    assert auth.key == Secret(ORDER[innermost])


def test_a_policy_on_a_gateway_counts_for_its_listeners_and_theirs_counts_more():
    found = snapshot("""\
        gateways:
          default:
            port: 3000
            policies: {backendAuth: {key: outer}}
            listeners:
            - {name: a, hostname: a.b}
            - {name: b, policies: {backendAuth: {key: inner}}}
        routes:
        - backends: [{ai: {name: x, provider: {openAI: {}}}}]
        """)
    keys = [listener.routes[0].policies.backend_auth for listener in found.ports[0].listeners]
    assert [auth and auth.key for auth in keys] == [Secret("outer"), Secret("inner")]


def test_different_policies_of_different_levels_stand_side_by_side():
    found = merged(
        LEVELS.format(
            listener="timeout: {requestTimeout: 1m}",
            route="backendAuth: {key: k}",
            backend="ai: {defaults: {a: 1}}",
            ai="",
            provider="backendTLS: {}",
        )
    )
    assert (found.timeouts, found.backend_tls) == (Timeouts(60.0), BackendTls())
    assert found.backend_auth is not None
    assert found.ai is not None
    assert found.ai.defaults == {"a": 1}


@pytest.mark.parametrize(
    ("written", "key", "location"),
    [
        ("key: sk-1", "sk-1", None),
        ("key: {value: sk-1}", "sk-1", None),
        ("key: {value: sk-1, location: {header: {name: api-key}}}", "sk-1", Location(LocationKind.HEADER, "api-key")),
        (
            "key: {value: sk-1, location: {header: {name: Authorization, prefix: 'Bearer '}}}",
            "sk-1",
            Location(LocationKind.HEADER, "Authorization", "Bearer "),
        ),
        ("key: {value: k, location: {queryParameter: {name: key}}}", "k", Location(LocationKind.QUERY, "key")),
        ("key: {value: k, location: {cookie: {name: session}}}", "k", Location(LocationKind.COOKIE, "session")),
        ("key: {value: k, location: }", "k", None),
    ],
)
def test_a_key_is_read_in_every_form(written, key, location):
    auth = merged(with_policy(f"backendAuth: {{{written}}}")).backend_auth
    assert auth is not None
    assert (auth.key.reveal(), auth.location) == (key, location)


@pytest.mark.parametrize("form", ["key: {file: FILE}", "key: {value: {file: FILE}}"])
def test_a_key_file_stands_beside_the_config_or_anywhere_and_is_trimmed(form, tmp_path, monkeypatch):
    (tmp_path / "key.txt").write_text("\n sk-from-file \n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir("/")
    for name in ("key.txt", str(tmp_path / "key.txt"), "~/key.txt"):
        config = tmp_path / "cfg.yaml"
        config.write_text(with_policy(f"backendAuth: {{{form.replace('FILE', name)}}}"))
        route = load(str(config), {}).ports[0].listeners[0].routes[0]
        assert route.policies.backend_auth is not None
        assert route.policies.backend_auth.key == Secret("sk-from-file")


def test_a_provider_may_hold_its_key_directly():
    route = only_route(with_route("backends:\n- ai: {name: a, provider: {openAI: {}}, backendAuth: {key: sk-1}}"))
    auth = route.backends[0].groups[0][0].policies.backend_auth
    assert auth is not None
    assert auth.key == Secret("sk-1")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("authority: {full: a.b}", UrlRewrite(authority_host="a.b")),
        ("authority: {full: 'a.b:81'}", UrlRewrite("a.b", 81)),
        ("authority: {full: '[::1]:81'}", UrlRewrite("::1", 81)),
        ("authority: {full: '[::1]'}", UrlRewrite("::1")),
        ("authority: {host: a.b}", UrlRewrite(authority_host="a.b")),
        ("authority: {port: 81}", UrlRewrite(authority_port=81)),
        ("path: {full: /x}", UrlRewrite(path_full="/x")),
        ("path: {prefix: /}", UrlRewrite(path_prefix="/")),
        ("path: {prefix: ''}", UrlRewrite(path_prefix="")),
        ("authority: {host: a}, path: {full: /x}", UrlRewrite(authority_host="a", path_full="/x")),
    ],
)
def test_url_rewrites(written, expected):
    assert merged(with_policy(f"urlRewrite: {{{written}}}")).url_rewrite == expected


def test_header_modifiers_keep_their_names_and_their_order():
    written = (
        "requestHeaderModifier: {add: {X-B: '1', x-a: '2'}, set: {c: ''}, remove: [D]}, responseHeaderModifier: {}"
    )
    found = merged(with_policy(written))
    assert found.request_headers == HeaderModifier((("X-B", "1"), ("x-a", "2")), (("c", ""),), ("D",))
    assert found.response_headers == HeaderModifier()


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("10s", 10.0), ("500ms", 0.5), ("1m30s", 90.0), ("1h", 3600.0), ("3m0s", 180.0), ("1.5s", 1.5)],
)
def test_durations(written, seconds):
    assert merged(with_policy(f"timeout: {{backendRequestTimeout: {written}}}")).timeouts == Timeouts(None, seconds)
    config = f"config: {{backend: {{connectTimeout: {written}}}}}\nllm: {{models: []}}"
    assert snapshot(config).connect_timeout_s == seconds


def test_connecting_takes_ten_seconds_at_most_where_nothing_is_said():
    assert snapshot("llm: {models: []}").connect_timeout_s == 10.0


def test_ai_routes_and_aliases_are_sorted_by_how_much_they_say():
    found = merged(
        with_policy(
            "ai: {routes: {'*': detect, /v1/x: completions, /v1/long/x: responses},"
            " modelAliases: {'*': a, gpt-*: b, gpt-4*: c, gpt-4: d}}"
        )
    ).ai
    assert found is not None
    assert found.routes == (("/v1/long/x", "responses"), ("/v1/x", "completions"), ("*", "detect"))
    assert found.model_aliases == (("gpt-4", "d"), ("gpt-4*", "c"), ("gpt-*", "b"), ("*", "a"))


def test_matches_keep_their_kinds_and_compile_their_expressions():
    route = only_route(
        with_route(f"""\
            matches:
            - path: {{pathPrefix: /v1/}}
              method: POST
            - path: {{exact: /x/}}
              headers: [{{name: X-Team, value: {{exact: Blue}}}}]
            - path: {{regex: "/a[0-9]+"}}
              query: [{{name: Q, value: {{regex: "a|b"}}}}]
            - {{}}
            hostnames: [A.b, "*.C.d"]
            backends: [{{{PROVIDER}}}]
            """)
    )
    prefix, exact, regex, everything = route.matches
    assert (prefix.path.kind, prefix.path.value, prefix.method) == (PathKind.PREFIX, "/v1", "POST")
    assert (exact.path.kind, exact.path.value) == (PathKind.EXACT, "/x/")
    assert exact.headers == (ValueMatch("x-team", exact="Blue"),)
    assert regex.path.regex is not None
    assert regex.path.regex.fullmatch("/a12")
    assert regex.query[0].name == "Q"
    assert regex.query[0].regex is not None
    assert (everything.path.kind, everything.path.value) == (PathKind.PREFIX, "")
    assert route.hostnames == ("a.b", "*.c.d")


def test_names_and_weights_have_the_references_defaults():
    found = snapshot(
        "binds:\n- port: 1\n  listeners:\n  - routes: [{}, {name: x, namespace: y}]\n  - {name: z}\n"
        "- port: 2\n  listeners: [{routes: [{backends: [{ai: {name: a, provider: {openAI: {}}}}, {weight: 0, host: 'b:1'}]}]}]\n"
    )
    first, second = found.ports
    assert [listener.name for listener in first.listeners] == ["listener0", "z"]
    assert [route.name for route in first.listeners[0].routes] == ["default/route0", "y/x"]
    backends = second.listeners[0].routes[0].backends
    assert [(one.name, one.weight, one.host) for one in backends] == [("a", 1, None), ("b:1", 0, ("b", 1))]


def test_a_route_is_attached_to_every_gateway_and_listener_that_it_names():
    found = snapshot("""\
        gateways:
          default: {port: 1}
          two: {port: 2, listeners: [{name: a}, {name: b, hostname: B.c}]}
        routes:
        - {name: r0}
        - {name: r1, gateways: two}
        - {name: r2, gateways: [two/b, two, default]}
        """)
    names = {
        (port.gateway, listener.name): [route.name.removeprefix("default/") for route in listener.routes]
        for port in found.ports
        for listener in port.listeners
    }
    assert names == {("default", "listener0"): ["r0", "r2"], ("two", "a"): ["r1", "r2"], ("two", "b"): ["r1", "r2"]}
    assert found.ports[1].listeners[1].hostname == "b.c"


def test_models_have_a_port_of_their_own_or_a_gateways():
    assert [(port.port, port.gateway) for port in snapshot("llm: {models: []}").ports] == [(4000, "bind/4000")]
    assert [port.port for port in snapshot("llm: {port: 4444, models: []}").ports] == [4444]
    attached = snapshot("gateways: {default: {port: 3000}}\nllm: {models: [{name: m, provider: openAI}]}")
    assert [(port.port, port.gateway) for port in attached.ports] == [(3000, "default")]
    assert attached.ports[0].listeners[0].routes[0].models[0].pattern == "m"
    apart = snapshot("gateways: {default: {port: 3000}}\nllm: {port: 4000, models: []}")
    assert sorted(port.port for port in apart.ports) == [3000, 4000]


def test_models_beside_routes_take_only_the_paths_of_the_api():
    found = snapshot("gateways: {default: {port: 3000}}\nroutes: [{name: site}]\nllm: {models: []}")
    site, llm = found.ports[0].listeners[0].routes
    assert site.matches[0].path.value == ""
    assert "/v1" in [match.path.value for match in llm.matches]
    assert "" not in [match.path.value for match in llm.matches]


@pytest.mark.parametrize(
    ("params", "host", "prefix", "tls"),
    [
        ("baseUrl: 'https://a.b/openai/v1/'", ("a.b", 443), "/openai/v1", True),
        ("baseUrl: 'http://a.b'", ("a.b", 80), None, False),
        ("baseUrl: 'http://[::1]:11434/v1'", ("::1", 11434), "/v1", False),
        ("hostOverride: 'a.b:81', pathPrefix: /v2", ("a.b", 81), "/v2", False),
        ("model: x", None, None, False),
    ],
)
def test_a_models_params_say_where_its_provider_is(params, host, prefix, tls):
    found = snapshot(f"llm: {{models: [{{name: m, provider: openai, params: {{{params}, apiKey: k}}}}]}}")
    ((target,),) = found.ports[0].listeners[0].routes[0].models[0].backend.groups
    assert (target.provider, target.host_override, target.path_prefix) == ("openAI", host, prefix)
    assert (target.policies.backend_tls is not None) is tls
    assert target.policies.backend_auth is not None
    assert target.policies.backend_auth.key == Secret("k")


def test_a_models_settings_become_its_targets_policies():
    found = snapshot("""\
        llm:
          models:
          - name: "gpt-*"
            provider: openAI
            visibility: internal
            auth: {key: sk-1}
            tls: {insecure: true}
            defaults: {temperature: 0}
            overrides: {store: false}
            requestHeaders: {set: {a: b}}
            responseHeaders: {remove: [c]}
            matches: [{headers: [{name: X-A, value: {exact: "1"}}]}, {}]
        """)
    (entry,) = found.ports[0].listeners[0].routes[0].models
    ((target,),) = entry.backend.groups
    said = target.policies
    assert (entry.pattern, entry.public, entry.headers) == ("gpt-*", False, ((ValueMatch("x-a", exact="1"),),))
    assert said.backend_auth is not None
    assert said.backend_tls == BackendTls(insecure=True)
    assert (said.request_headers, said.response_headers) == (
        HeaderModifier(set=(("a", "b"),)),
        HeaderModifier(remove=("c",)),
    )
    assert said.ai is not None
    assert (said.ai.defaults, said.ai.overrides) == ({"temperature": 0}, {"store": False})


def test_tls_files_are_absolute_and_found_beside_the_config(tmp_path):
    (tmp_path / "root.pem").write_text("x")
    config = tmp_path / "cfg.yaml"
    config.write_text(with_policy("backendTLS: {root: root.pem, hostname: a.b, insecureHost: true}"))
    tls = load(str(config), {}).ports[0].listeners[0].routes[0].policies.backend_tls
    assert tls == BackendTls(hostname="a.b", root_file=str(tmp_path / "root.pem"), insecure_host=True)


def test_the_hash_is_of_the_file_and_not_of_what_the_environment_adds(tmp_path):
    config = tmp_path / "cfg.yaml"
    config.write_bytes(b"\xef\xbb\xbf# $A\nllm: {models: []}\n")
    first, second = load(str(config), {"A": "1"}), load(str(config), {"A": "2"})
    assert first.sha256 == second.sha256
    assert first.file == str(config)


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [(None, None, "cannot be read"), (b"a: 1\nb: \xff\n", 2, "not UTF-8"), (b"x" * ((16 << 20) + 1), None, "larger")],
)
def test_a_file_that_cannot_be_read_is_a_config_error(content, line, words, tmp_path):
    config = tmp_path / "cfg.yaml"
    if content is not None:
        config.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(str(config), {})
    (problem,) = caught.value.problems
    assert words in problem.message
    assert (problem.file, problem.line) == (str(config), line)


def test_a_folder_is_no_config(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load(str(tmp_path), {})


KEYS = st.sampled_from(
    [
        "config",
        "tracing",
        "otlpEndpoint",
        "headers",
        "randomSampling",
        "binds",
        "port",
        "listeners",
        "routes",
        "backends",
        "ai",
        "name",
        "provider",
        "openAI",
        "groups",
        "providers",
        "policies",
        "backendAuth",
        "key",
        "file",
        "value",
        "location",
        "matches",
        "path",
        "regex",
        "exact",
        "headers",
        "urlRewrite",
        "authority",
        "full",
        "gateways",
        "default",
        "llm",
        "models",
        "params",
        "baseUrl",
        "apiKey",
        "timeout",
        "requestTimeout",
        "backendTLS",
        "root",
        "weight",
        "host",
        "hostOverride",
        "visibility",
        "defaults",
        "requestHeaderModifier",
        "set",
        "remove",
        *[
            "keys",
            "keyHash",
            "allowedModels",
            "jwtAuth",
            "issuer",
            "jwks",
            "url",
            "basicAuth",
            "htpasswd",
            "authorization",
            "rules",
            "deny",
            "cors",
        ],
        *[
            "allowOrigins",
            "maxAge",
            "localRateLimit",
            "maxTokens",
            "fillInterval",
            "requestRedirect",
            "status",
            "directResponse",
            "body",
        ],
        *[
            "transformations",
            "request",
            "metadata",
            "ai",
            "promptGuard",
            "response",
            "pattern",
            "builtin",
            "rejection",
            "scope",
            "action",
        ],
        "<unknown>",
    ]
)
SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6) | KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=25,
)


@given(st.dictionaries(KEYS, SHAPES, max_size=4))
def test_a_tree_of_any_shape_is_a_snapshot_or_a_config_error(value):
    try:
        loads(json.dumps(value).replace("$", "$$"), "cfg.yaml", {})
    except ConfigError as error:
        assert error.problems


def test_a_retry_policy_may_say_in_expressions_what_may_and_what_shall_be_tried_again():
    policy = merged(
        with_policy("retry: {codes: [503], precondition: 'llm.streaming', condition: 'response.code == 200'}")
    )
    assert policy.retry is not None
    assert (policy.retry.precondition is None, policy.retry.condition is None) == (False, False)
    with pytest.raises(ConfigError) as refused:
        snapshot(with_policy("retry: {codes: [503], condition: 'response.code =='}"))
    assert "condition" in str(refused.value.problems[0])


def test_a_tunnel_is_the_host_and_port_of_its_proxy():
    tunnel = "backendTunnel: {proxy: {host: 'proxy.example.com:3128'}}"
    assert merged(with_policy(tunnel)).tunnel == ("proxy.example.com", 3128)
    llm = "llm: {models: [{name: m, provider: openAI, params: {apiKey: k}, %s}]}"
    (entry,) = only_route(llm % tunnel).models
    assert entry.backend.groups[0][0].policies.tunnel == ("proxy.example.com", 3128)
    with pytest.raises(ConfigError) as refused:
        snapshot(with_policy("backendTunnel: {proxy: {host: p}}"))
    assert "not host:port" in str(refused.value.problems[0])
