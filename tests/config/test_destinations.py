"""Where records go: what platform an address is, ``config.destinations``, and the newer form of tracing."""

from __future__ import annotations

import pytest

from agw.config.platform import Platform
from agw.config.snapshot import Destination, Tracing
from agw.content.levels import Level
from support.configs import problems, snapshot

MODELS = "\nllm: {models: []}\n"
FLOW = "config: {destinations: [{%s}]}" + MODELS


def one(written: str, **environ: str) -> Destination:
    (found,) = snapshot(FLOW % written, **environ).destinations
    return found


def traced(written: str, **environ: str) -> Tracing:
    found = snapshot(f"config: {{tracing: {{{written}}}}}" + MODELS, **environ).tracing
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("endpoint", "platform", "protocol", "path"),
    [
        ("https://cloud.langfuse.com", "langfuse", "http", "/api/public/otel/v1/traces"),
        ("https://us.cloud.langfuse.com/api/public/otel", "langfuse", "http", "/api/public/otel/v1/traces"),
        ("http://localhost:3000/api/public/otel/", "langfuse", "http", "/api/public/otel/v1/traces"),
        ("https://a.b/api/public/otel/v1/traces", "langfuse", "http", "/api/public/otel/v1/traces"),
        ("https://api.smith.langchain.com", "langsmith", "http", "/otel/v1/traces"),
        ("https://eu.api.smith.langchain.com/otel", "langsmith", "http", "/otel/v1/traces"),
        ("https://smith.a.b/api/v1/otel", "langsmith", "http", "/api/v1/otel/v1/traces"),
        ("https://smith.a.b/api/v1/otel/v1/traces", "langsmith", "http", "/api/v1/otel/v1/traces"),
        ("http://localhost:6006", "phoenix", "http", "/v1/traces"),
        ("http://localhost:6006/v1/traces", "phoenix", "http", "/v1/traces"),
        ("http://phoenix:4317", "phoenix", "grpc", "/v1/traces"),
        ("http://localhost:4317", "superset", "grpc", "/v1/traces"),
        ("http://collector/x", "superset", "grpc", "/x"),
    ],
)
def test_a_platform_is_taken_from_its_address_with_all_that_follows(endpoint, platform, protocol, path):
    for found in (traced(f"otlpEndpoint: '{endpoint}'"), one(f"endpoint: '{endpoint}', name: a")):
        assert (found.platform, found.protocol, found.path) == (platform, protocol, path)


def test_a_platform_that_is_written_wins_over_the_address():
    found = traced("otlpEndpoint: 'http://localhost:4317', platform: phoenix, project: mine")
    assert (found.platform, found.protocol) == (Platform.PHOENIX, "grpc")
    assert found.resource == (("openinference.project.name", "mine"),)
    found = one("endpoint: 'https://langfuse.internal', platform: langfuse")
    assert (found.name, found.path) == ("langfuse", "/api/public/otel/v1/traces")


def test_the_standard_variables_of_langfuse_work_as_langfuse_documents_them():
    found = traced(
        "randomSampling: true",
        OTEL_EXPORTER_OTLP_ENDPOINT="https://cloud.langfuse.com/api/public/otel",
        OTEL_EXPORTER_OTLP_HEADERS="Authorization=Basic%20cGs6c2s=",
        OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
    )
    assert (found.platform, found.protocol, found.path) == ("langfuse", "http", "/api/public/otel/v1/traces")
    assert [(name, value.reveal()) for name, value in found.headers] == [("Authorization", "Basic cGs6c2s=")]


@pytest.mark.parametrize(
    "written",
    [
        "otlpProtocol: grpc, otlpEndpoint: 'https://cloud.langfuse.com'",
        "otlpEndpoint: 'https://a.smith.langchain.com', otlpProtocol: grpc",
    ],
)
def test_grpc_where_a_platform_takes_none_is_told(written):
    (problem,) = problems(f"config: {{tracing: {{{written}}}}}" + MODELS)
    assert "does not take gRPC" in problem.message


def test_langfuses_two_keys_become_its_header():
    found = one(
        "platform: langfuse, endpoint: 'https://a.b', basicAuth: {username: $PK, password: $SK}", PK="pk", SK="sk"
    )
    assert [(name, value.reveal()) for name, value in found.headers] == [("Authorization", "Basic cGs6c2s=")]


def test_langsmiths_project_is_a_header_and_an_own_header_wins():
    found = one("endpoint: 'https://api.smith.langchain.com', name: a, project: mine, headers: {x-api-key: k}")
    assert [name for name, _ in found.headers] == ["Langsmith-Project", "x-api-key"]


def test_a_project_where_there_is_none_is_told():
    (problem,) = problems(FLOW % "endpoint: 'https://cloud.langfuse.com', name: a, project: p")
    assert problem.path == "config.destinations[0].project"


def test_all_of_a_destination_is_read():
    found = one(
        "name: mine, endpoint: 'http://a:1', platform: otel, protocol: http, path: /x, content: full, root: true, "
        "sampling: 0.25, headers: {a: b}"
    )
    assert (found.name, found.endpoint, found.protocol, found.path) == ("mine", "http://a:1", "http", "/x")
    assert (found.platform, found.content, found.root, found.share) == (Platform.OTEL, Level.FULL, True, 0.25)
    assert found.sampled_only is False


@pytest.mark.parametrize(("written", "share"), [("true", 1.0), ("'0.5'", 0.5), ("'false'", 0.0), ("7", 1.0)])
def test_a_share_is_a_number_or_a_word(written, share):
    assert one(f"name: a, endpoint: 'http://a', sampling: {written}").share == share


def test_tracing_is_the_first_destination_and_names_are_unique():
    text = "config: {tracing: {otlpEndpoint: 'http://a'}, destinations: [{name: %s, endpoint: 'http://b'}]}" + MODELS
    found = snapshot(text % "other").destinations
    assert [destination.name for destination in found] == ["tracing", "other"]
    (problem,) = problems(text % "tracing")
    assert problem.message == "another destination has this name"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("endpoint: 'http://a'", "'name' is missing"),
        ("name: 'a:b', endpoint: 'http://a'", "no colon"),
        ("name: a", "'endpoint' is missing"),
        ("name: a, endpoint: 'ftp://a'", "unsupported"),
        ("name: a, endpoint: 'http://a', sampling: 'x > 1'", "a name that is no variable"),
        ("name: a, endpoint: 'http://a', basicAuth: {username: u}", "'password' is missing"),
    ],
)
def test_what_is_wrong_is_told(written, words):
    (problem,) = problems(FLOW % written)
    assert words in problem.message


NEWER = """\
frontendPolicies:
  tracing:
    host: collector:4317
    resources: {service.name: '"mine"'}
    randomSampling: true
    path: /x
    protocol: http
    policies: {backendTLS: {}, requestHeaderModifier: {set: {x-key: k}}}
"""


def test_the_newer_form_of_tracing_means_the_same():
    found = snapshot(NEWER + MODELS, OTEL_EXPORTER_OTLP_ENDPOINT="http://other").tracing
    assert found is not None
    assert (found.endpoint, found.protocol, found.path) == ("https://collector:4317", "http", "/x")
    assert found.resource == (("service.name", "mine"),)
    assert found.sampling.random == 1.0
    assert [(name, value.reveal()) for name, value in found.headers] == [("x-key", "k")]


def test_both_forms_at_once_are_a_mistake():
    (problem,) = problems("config: {tracing: {otlpEndpoint: 'http://a'}}\n" + NEWER + MODELS)
    assert "beside 'config.tracing'" in problem.message


def test_a_resource_that_needs_a_call_is_told():
    (problem,) = problems("frontendPolicies: {tracing: {host: 'a:1', resources: {a: request.path}}}" + MODELS)
    assert problem.path == "frontendPolicies.tracing.resources.a"
