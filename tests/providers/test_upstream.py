"""Where a call goes (agentgateway.md §3.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.config.snapshot import BackendTls, PathKind, PathMatch, Policies, Target, UrlRewrite
from agw.providers import spec_of, upstream_of
from agw.providers.upstream import joined

ROOT = PathMatch(PathKind.PREFIX, "")


def going(path="/v1/chat/completions", api_type="completions", query="", policies=None, matched=ROOT, **target):
    to = Target("t", "openAI", **target)
    made = upstream_of(spec_of(to, None), to, policies or Policies(), api_type, path, query, matched)
    return f"{made.scheme}://{made.host}:{made.port}{made.target}", made.authority


def test_the_default_host_is_reached_over_tls_with_the_providers_path():
    assert going() == ("https://api.openai.com:443/v1/chat/completions", "api.openai.com")


@pytest.mark.parametrize("path", ["/chat/completions", "/openai/v1/chat/completions", "/v1/chat/completions"])
def test_a_known_type_takes_the_providers_path_wherever_the_app_posted_it(path):
    assert going(path)[0].endswith(":443/v1/chat/completions")


def test_another_path_passes_as_the_app_sent_it_with_its_query():
    assert going("/v1/files", "detect", "limit=2")[0] == "https://api.openai.com:443/v1/files?limit=2"


def test_a_host_override_is_plaintext_and_keeps_the_apps_path():
    assert going("/x/chat/completions", host_override=("mock", 8000)) == (
        "http://mock:8000/x/chat/completions",
        "mock:8000",
    )


def test_backend_tls_makes_a_host_override_https():
    policies = Policies(backend_tls=BackendTls())
    assert going(host_override=("mock", 443), policies=policies) == ("https://mock:443/v1/chat/completions", "mock")


def test_a_path_prefix_replaces_the_providers_base():
    assert going(host_override=("groq", 443), path_prefix="/openai/v1")[0].endswith("/openai/v1/chat/completions")
    assert going("/v1/models", "detect", host_override=("g", 1), path_prefix="openai/v1/")[0] == (
        "http://g:1/openai/v1/models"
    )


def test_a_path_override_is_the_whole_target_without_the_query():
    assert going(query="a=1", path_override="/full?b=2", host_override=("h", 1))[0] == "http://h:1/full?b=2"


def test_a_prefix_rewrite_replaces_what_the_route_matched():
    policies = Policies(url_rewrite=UrlRewrite(path_prefix="/v1"))
    matched = PathMatch(PathKind.PREFIX, "/openai")
    assert going("/openai/files", "detect", policies=policies, matched=matched)[0].endswith("/v1/files")


def test_an_authority_rewrite_changes_the_host_header_and_not_the_connection():
    policies = Policies(url_rewrite=UrlRewrite(authority_host="oai.example.com"))
    assert going(host_override=("10.0.0.1", 8080), policies=policies) == (
        "http://10.0.0.1:8080/v1/chat/completions",
        "oai.example.com",
    )


SEGMENTS = st.lists(st.sampled_from(["v1", "v1beta", "openai", "x"]), max_size=4)


@given(before=SEGMENTS, path=SEGMENTS.filter(bool))
def test_a_prefix_and_a_path_meet_without_saying_a_segment_twice(before, path):
    made = joined("/" + "/".join(before), "/" + "/".join(path))
    segments = made.strip("/").split("/")
    assert segments[-len(path) :] == path
    assert segments[: len(before)] == before
    assert joined("/" + "/".join(before), made) == made or before != segments[: len(before)]
