"""The resource: our own values, and what the environment says instead."""

from __future__ import annotations

import socket

import agw
from agw.telemetry.resource import resource_of
from support.otlp_receiver import value_of


def found(environ: dict[str, str]) -> dict[str, str]:
    return {pair.key: value_of(pair.value) for pair in resource_of(environ).attributes}


def test_without_any_variable_it_names_the_gateway_its_version_and_the_host():
    attributes = found({})
    assert attributes["service.name"] == "agentgateway"
    assert attributes["service.version"] == agw.__version__
    assert attributes["host.name"] == socket.gethostname()
    assert attributes["telemetry.sdk.language"] == "python"
    assert attributes["telemetry.sdk.name"] != "opentelemetry"


def test_the_variable_for_the_service_name_wins_over_the_attributes_and_those_over_our_own():
    pairs = {"OTEL_RESOURCE_ATTRIBUTES": "service.name=from-pairs,host.name=h"}
    assert found(pairs)["service.name"] == "from-pairs"
    assert found(pairs)["host.name"] == "h"
    assert found({**pairs, "OTEL_SERVICE_NAME": "mine"})["service.name"] == "mine"


def test_attributes_are_percent_decoded_and_keep_the_case_of_their_names():
    attributes = found({"OTEL_RESOURCE_ATTRIBUTES": "Team.Name=a%2Cb%20c, deployment.environment.name = prod ,x=1=2"})
    assert attributes["Team.Name"] == "a,b c"
    assert attributes["deployment.environment.name"] == "prod"
    assert attributes["x"] == "1=2"


def test_pairs_that_are_none_are_passed_over():
    assert set(found({"OTEL_RESOURCE_ATTRIBUTES": "nonsense,,=v, =w"})) == set(found({}))


def test_one_process_is_one_instance():
    assert found({})["service.instance.id"] == found({"OTEL_SERVICE_NAME": "x"})["service.instance.id"]
