"""``config.tracing`` and the environment over it, by agentgateway.md §1.2."""

from __future__ import annotations

import pytest

from agw.cel import compile_expression
from support.configs import problems, snapshot

MODELS = "\nllm: {models: []}\n"


def traced(written: str, **environ: str):
    found = snapshot(f"config: {{tracing: {{{written}}}}}" + MODELS, **environ).tracing
    assert found is not None
    return found


def headers(written: str, **environ: str) -> dict[str, str]:
    found = traced(f"otlpEndpoint: 'http://a', headers: {{{written}}}", **environ).headers
    return {name: secret.reveal() for name, secret in found}


@pytest.mark.parametrize(
    ("url", "endpoint", "path"),
    [
        ("http://localhost:4317", "http://localhost:4317", "/v1/traces"),
        ("http://collector", "http://collector:80", "/v1/traces"),
        ("https://collector", "https://collector:443", "/v1/traces"),
        ("grpc://collector", "http://collector:4317", "/v1/traces"),
        ("HTTP://Collector:1/", "http://collector:1", "/v1/traces"),
        ("https://a.b/api/public/otel/v1/traces", "https://a.b:443", "/api/public/otel/v1/traces"),
        ("localhost:4317", "https://localhost:4317", "/v1/traces"),
        ("collector/x", "https://collector:443", "/x"),
        ("http://[::1]:4317", "http://[::1]:4317", "/v1/traces"),
    ],
)
def test_an_endpoint_has_a_scheme_a_host_and_a_port_whatever_was_written(url, endpoint, path):
    for found in (traced(f"otlpEndpoint: '{url}'"), traced("path: /v1/traces", OTLP_ENDPOINT=url)):
        assert (found.endpoint, found.path) == (endpoint, path)


def test_the_path_of_the_url_replaces_the_path_of_the_file():
    assert traced("otlpEndpoint: 'http://a', path: /x").path == "/x"
    assert traced("otlpEndpoint: 'http://a/y', path: /x").path == "/y"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://a", "unsupported tracing endpoint scheme: ftp"),
        ("CANARY 1://a", "unsupported tracing endpoint scheme: not a scheme"),
        ("http://", "not a tracing endpoint"),
        ("http://a:port", "not a tracing endpoint"),
        ("http://a b", "not a tracing endpoint"),
        ("http://user:CANARY@a", "scheme, host, port and path only"),
        ("http://a/?token=CANARY", "scheme, host, port and path only"),
    ],
)
def test_an_endpoint_that_cannot_be_used_is_told_without_repeating_it(url, words):
    (in_file,) = problems(f"config:\n  tracing:\n    otlpEndpoint: '{url}'" + MODELS)
    assert words in in_file.message
    assert (in_file.line, in_file.path) == (3, "config.tracing.otlpEndpoint")
    (in_environment,) = problems("config:\n  tracing: {}" + MODELS, OTEL_EXPORTER_OTLP_ENDPOINT=url)
    assert in_environment.message.startswith("OTEL_EXPORTER_OTLP_ENDPOINT: ")
    assert in_environment.line == 2
    assert "CANARY" not in f"{in_file} {in_environment}".upper()


def test_the_environment_wins_over_the_file_by_its_order():
    environ = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://third",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://second",
        "OTLP_ENDPOINT": "http://first",
    }
    seen = []
    while environ:
        seen.append(traced("otlpEndpoint: 'http://file'", **environ).endpoint)
        environ.popitem()
    seen.append(traced("otlpEndpoint: 'http://file'", OTLP_ENDPOINT=" ").endpoint)
    assert seen == ["http://first:80", "http://second:80", "http://third:80", "http://file:80"]


def test_the_environment_alone_does_not_switch_tracing_on():
    assert snapshot("llm: {models: []}", OTEL_EXPORTER_OTLP_ENDPOINT="http://a").tracing is None
    assert snapshot("config: {tracing: }" + MODELS, OTEL_EXPORTER_OTLP_ENDPOINT="http://a").tracing is None


@pytest.mark.parametrize(
    ("written", "variable", "protocol"),
    [
        ("", "", "grpc"),
        ("otlpProtocol: grpc,", "", "grpc"),
        ("otlpProtocol: http,", "", "http"),
        ("otlpProtocol: http,", "grpc", "grpc"),
        ("", "http", "http"),
        ("", "http/protobuf", "http"),
    ],
)
def test_protocols(written, variable, protocol):
    found = traced(f"{written} otlpEndpoint: 'http://a'", OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=variable)
    assert found.protocol == protocol


def test_json_over_http_is_refused():
    (problem,) = problems("config: {tracing: {otlpEndpoint: 'http://a'}}" + MODELS, OTLP_PROTOCOL="http/json")
    assert problem.message.startswith("OTLP_PROTOCOL: ")
    assert "http/protobuf" in problem.hint


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Basic xx", "Basic xx"),
        ("'\"Basic xx\"'", "Basic xx"),
        ("\"'Basic xx'\"", "Basic xx"),
        ('\'"say \\"hi\\""\'', 'say "hi"'),
    ],
)
def test_a_header_is_a_plain_text_or_a_cel_string(written, sent):
    assert headers(f"Authorization: {written}") == {"Authorization": sent}


def test_a_header_without_a_value_is_not_sent():
    assert headers("Authorization: '${NONE:-}', x-a: 'b'") == {"x-a": "b"}


@pytest.mark.parametrize(
    "text",
    ["Authorization=Basic%20xx,x-team=blue=1, ,", '{"Authorization": "Basic xx", "x-team": "blue=1"}'],
)
def test_headers_of_the_environment_are_a_list_or_json(text):
    assert headers("", OTEL_EXPORTER_OTLP_HEADERS=text) == {"Authorization": "Basic xx", "x-team": "blue=1"}


def test_headers_of_the_environment_replace_those_of_the_file_whatever_their_case():
    found = headers("authorization: old, x-a: '1'", OTLP_HEADERS="Authorization=new")
    assert found == {"Authorization": "new", "x-a": "1"}


@pytest.mark.parametrize(
    "text", ["CANARY", "=CANARY", '{"a": CANARY', '{"a": 1}', "[1]", "a=CANARY\u00e9", "a b=CANARY"]
)
def test_headers_that_cannot_be_sent_are_told_without_repeating_them(text):
    (problem,) = problems("config: {tracing: {otlpEndpoint: 'http://a'}}" + MODELS, OTLP_HEADERS=text)
    assert problem.line == 1
    assert "CANARY" not in str(problem)


@pytest.mark.parametrize(
    ("written", "probability"),
    [
        ("true", 1.0),
        ("false", 0.0),
        ("0.25", 0.25),
        ("1", 1.0),
        ("0", 0.0),
        ("7", 1.0),
        ("-0.5", 0.0),
        ("'true'", 1.0),
        ("'False'", 0.0),
        ("'0.25'", 0.25),
        ("'1e-3'", 0.001),
    ],
)
def test_sampling_is_a_bool_a_number_or_either_as_text(written, probability):
    found = traced(f"otlpEndpoint: 'http://a', randomSampling: {written}, clientSampling: {written}").sampling
    assert (found.random, found.client) == (probability, probability)


def test_without_sampling_only_calls_that_bring_a_trace_are_traced():
    found = traced("otlpEndpoint: 'http://a'").sampling
    assert (found.random, found.client) == (0.0, 1.0)


def test_sampling_by_an_expression_is_compiled():
    found = traced("otlpEndpoint: 'http://a', randomSampling: 'request.path == \"/x\"'").sampling
    assert found.random == compile_expression('request.path == "/x"')


@pytest.mark.parametrize("written", ["'request.path =='", "nan", "''", "[1]", "{}"])
def test_sampling_by_anything_else_is_refused(written):
    (problem,) = problems(f"config:\n  tracing:\n    otlpEndpoint: http://a\n    randomSampling: {written}" + MODELS)
    assert (problem.line, problem.path) == (4, "config.tracing.randomSampling")
