"""Helicone's log, to a server of this process."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agw.config.snapshot import Destination
from agw.content.levels import Level
from agw.destinations.helicone import HeliconeReceiver
from agw.destinations.outcome import Kind, Outcome
from support.configs import problems, snapshot
from support.json_receiver import JsonReceiver
from support.records import attributed_record


def settings(endpoint: str, more: str = "") -> Destination:
    text = f"config: {{destinations: [{{platform: helicone, endpoint: '{endpoint}' {more}}}]}}\nllm: {{models: []}}"
    return snapshot(text).destinations[0]


def sent(to: Destination) -> Outcome:
    channel = HeliconeReceiver(to).open({})
    try:
        return channel.send([channel.encode(attributed_record()).item])
    finally:
        channel.close()


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, Kind.OK), (503, Kind.RETRY), (401, Kind.RETRY), (413, Kind.TOO_LARGE), (400, Kind.REFUSED)],
)
def test_each_status_has_its_consequence(status, kind):
    with JsonReceiver() as server:
        server.failures = [] if status == 200 else [status]
        outcome = sent(settings(server.endpoint))
    assert outcome.kind is kind
    if status == 401:
        assert outcome.detail == "HTTP 401; are config.destinations.helicone.headers right?"


def test_a_path_of_the_endpoint_is_used_as_it_is():
    with JsonReceiver() as server:
        to = settings(f"{server.endpoint}/v1/trace/custom/log")
        assert sent(to).kind is Kind.OK
        assert server.taken[0].path == "/v1/trace/custom/log"
    assert HeliconeReceiver(to).name == f"helicone {server.endpoint}/v1/trace/custom/log"


def test_what_the_destination_says_of_content_counts_here_too():
    with JsonReceiver() as server:
        for level in (Level.FULL, Level.NONE):
            sent(replace(settings(server.endpoint), content=level))
    full, none = (one.json["providerRequest"]["json"]["messages"] for one in server.taken)
    assert (len(full), len(none)) == (4, 0)


def test_it_takes_no_grpc_and_is_not_for_tracing():
    (problem,) = problems(
        "config: {destinations: [{platform: helicone, endpoint: 'http://a', protocol: grpc}]}\nllm: {models: []}"
    )
    assert "does not take gRPC" in problem.message
    (problem,) = problems("config: {tracing: {otlpEndpoint: 'http://a', platform: helicone}}\nllm: {models: []}")
    assert "not supported" in problem.message
