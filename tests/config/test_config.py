"""Configs that are served, and what is said of those that are not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from agw.config import load, loads
from agw.config.check import schema_file
from agw.config.expand import expand
from agw.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
ENV = {"OPENAI_API_KEY": "sk-canary", "EMPTY": ""}
ROUTE = "backends: [{ai: {name: o, provider: {openAI: {}}}}]"
BINDS = "binds: [{port: 3000, listeners: [{routes: [{%s}]}]}]"


def problems(text: str, **env: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        loads(text.encode(), "cfg.yaml", {**ENV, **env})
    assert "canary" not in str(raised.value)
    return [str(problem) for problem in raised.value.problems]


def served(text: str, **env: str):
    return loads(text.encode(), "cfg.yaml", {**ENV, **env})


@pytest.mark.parametrize("file", sorted((ROOT / "config").glob("*.yaml")), ids=lambda file: file.name)
def test_every_file_in_config_is_served(file):
    assert load(str(file), ENV).ports


def test_all_three_shapes_open_their_ports():
    assert [port.port for port in served(BINDS % ROUTE).ports] == [3000]
    shape = "gateways: {default: {port: 8000}}\nroutes: [{%s}]" % ROUTE
    assert [(port.port, port.gateway) for port in served(shape).ports] == [(8000, "default")]
    short = "llm: {models: [{name: 'gpt-*', provider: openAI, params: {apiKey: $OPENAI_API_KEY}}]}"
    (port,) = served(short).ports
    assert (port.port, port.listeners[0].routes[0].models[0].pattern) == (4000, "gpt-*")


@pytest.mark.parametrize("place", ["route", "listener", "backend", "ai", "provider"])
def test_a_key_may_stand_on_route_listener_backend_and_provider(place):
    said = dict.fromkeys(("route", "listener", "backend", "ai", "provider"), "")
    said[place] = ", policies: {backendAuth: {key: $OPENAI_API_KEY}}"
    if place == "provider":
        ai = (
            "{name: o, groups: [{providers: [{name: p, provider: {openAI: {}}, backendAuth: {key: $OPENAI_API_KEY}}]}]}"
        )
    else:
        ai = "{name: o, provider: {openAI: {}}%s}" % said["ai"]
    text = "binds: [{port: 3000, listeners: [{routes: [{backends: [{ai: %s%s}]%s}]%s}]}]" % (
        ai,
        said["backend"],
        said["route"],
        said["listener"],
    )
    route = served(text).ports[0].listeners[0].routes[0]
    merged = route.backends[0].groups[0][0].policies.over(route.policies)
    assert merged.backend_auth is not None
    assert merged.backend_auth.key.reveal() == "sk-canary"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("a: [", "not valid YAML"),
        ("binds: []", "opens no port"),
        ("bindz: []", "cfg.yaml:1: bindz: unknown key 'bindz' (did you mean 'binds'?)"),
        ("mcp: {port: 1}", "mcp: not supported by this gateway"),
        (BINDS % "backends: [{ai: {provider: {anthropic: {}}}}]", "provider.anthropic: not supported by this gateway"),
        (BINDS % "backends: [{ai: {provider: {}}}]", "exactly one provider must be named"),
        (BINDS % (ROUTE + ", policies: {backendAuth: {key: [1]}}"), "expected a text or a mapping, found a list"),
        (BINDS % (ROUTE + ", policies: {backendAuth: {key: '$EMPTY'}}"), "the credential is empty"),
        (BINDS % (ROUTE + ", policies: {backendAuth: {key: $EMPTY}}"), "missing or empty"),
        (BINDS % (ROUTE + ", policies: {backendAuth: {key: {file: nowhere}}}"), "there is no such file"),
        (BINDS % (ROUTE + ", policies: {timeout: {requestTimeout: soon}}"), "not a duration"),
        (BINDS % (ROUTE + ", matches: [{path: {regex: '('}}]"), "not a regular expression"),
        (BINDS % (ROUTE + ", policies: {apiKey: {keys: [{key: sk-canary}]}}"), "apiKey: not supported"),
        ("a: 1\na: 2", "the key 'a' stands twice"),
        ("# $NOT_SET", "the environment variable NOT_SET is not set"),
        ("config: {tracing: {randomSampling: true}}", "tracing needs an endpoint"),
        ("config: {tracing: {otlpEndpoint: 'ftp://x'}}", "unsupported tracing endpoint scheme: ftp"),
        ("config: {tracing: {otlpEndpoint: 'http://x', randomSampling: 'a == b'}}", "sampling by CEL"),
    ],
)
def test_what_is_wrong_is_said(text, said):
    assert any(said in one for one in problems(text)), problems(text)


def test_several_problems_are_told_at_once_with_their_lines():
    text = "binds:\n- port: 3000\n  listenerz: []\nllm:\n  models: [{name: x}]\nui: {a: 1}\n"
    assert [one.split(" ")[0] for one in problems(text)] == [
        "cfg.yaml:3:",
        "cfg.yaml:5:",
        "cfg.yaml:6:",
    ]


def test_a_line_is_the_files_even_after_a_value_of_several_lines():
    assert problems("x: |\n  $TWO\nbindz: 1\n", TWO="a\n  b")[-1].startswith("cfg.yaml:3:")


@pytest.mark.parametrize(
    ("text", "out"),
    [("$A", "1"), ("${A}b", "1b"), ("${B:-d}", "d"), ("$$A", "$A"), ("$$$A", "$1"), ("5$ {", "5$ {"), ("${A", "${A")],
)
def test_variables_are_expanded_by_the_references_rules(text, out):
    assert expand(text, "f", {"A": "1"}).text == out


@given(st.text(alphabet="$a\n {}:-_A1"))
def test_expansion_ends_or_names_what_is_not_set(text):
    try:
        expand(text, "f", {})
    except ConfigError as error:
        assert all("is not set" in problem.message for problem in error.problems)


@given(st.text(max_size=60))
def test_no_text_makes_the_loader_fail_otherwise_than_by_problems(text):
    try:
        loads(text.encode("utf-8", "surrogatepass"), "f", {})
    except ConfigError as error:
        assert error.problems


@pytest.mark.parametrize(
    ("tracing", "env", "endpoint", "protocol", "path"),
    [
        ("{otlpEndpoint: 'http://h:4317'}", {}, "http://h:4317", "grpc", "/v1/traces"),
        ("{otlpEndpoint: 'grpc://h'}", {}, "http://h:4317", "grpc", "/v1/traces"),
        ("{otlpEndpoint: 'localhost:4317'}", {}, "https://localhost:4317", "grpc", "/v1/traces"),
        ("{otlpEndpoint: 'https://h/p', otlpProtocol: http}", {}, "https://h:443", "http", "/p"),
        ("{otlpEndpoint: 'http://h'}", {"OTLP_ENDPOINT": "http://e:1"}, "http://e:1", "grpc", "/v1/traces"),
        (
            "{otlpEndpoint: 'http://h'}",
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"},
            "http://h:80",
            "http",
            "/v1/traces",
        ),
    ],
)
def test_tracing_endpoints_and_their_environment(tracing, env, endpoint, protocol, path):
    made = served("config: {tracing: %s}\n" % tracing + BINDS % ROUTE, **env).tracing
    assert (made.endpoint, made.protocol, made.path) == (endpoint, protocol, path)


def test_header_values_may_be_plain_or_cel_texts_and_the_environment_wins():
    text = "config: {tracing: {otlpEndpoint: 'http://h', headers: {A: Basic x, B: '\"Basic y\"'}}}\n" + BINDS % ROUTE
    made = served(text, OTEL_EXPORTER_OTLP_HEADERS="a=z%20z,C=3").tracing
    assert {name: value.reveal() for name, value in made.headers} == {"A": "z z", "B": "Basic y", "C": "3"}


def test_our_schema_is_valid_and_describes_every_property():
    schema = json.loads(schema_file().read_text())
    Draft202012Validator.check_schema(schema)

    def undescribed(node, path=""):
        if isinstance(node, dict):
            for name, one in (node.get("properties") or {}).items():
                if "description" not in one and "$ref" not in one:
                    yield f"{path}.{name}"
            for key, one in node.items():
                yield from undescribed(one, f"{path}.{key}")

    assert list(undescribed(schema)) == []


def test_agw_validate_gives_one_line_and_an_exit_status(tmp_path):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(BINDS % ROUTE)
    bad.write_text("bindz: 1")
    env = {**os.environ, "PYTHONPATH": str(ROOT / "addon")}
    ran = subprocess.run(
        [sys.executable, "-m", "agw.cli", "validate", good, bad], capture_output=True, text=True, env=env, check=False
    )
    assert ran.returncode == 1
    assert ran.stdout == f"ok: {good} (port 3000; 1 route)\n"
    assert ran.stderr.startswith(f"{bad}:1: bindz: unknown key")
