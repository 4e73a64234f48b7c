"""Configs that the gateway serves, in all three shapes, as people write them."""

from __future__ import annotations

import pytest

from agw.config.secret import Secret
from support.config_texts import CONFIGS, DOCUMENTED
from support.configs import READY, snapshot
from support.gateway import ROOT

SIZES = {
    "documented": (1, 1),
    "binds": (1, 2),
    "gateways": (2, 5),
    "llm": (1, 1),
    "empty parts": (1, 1),
    "anchors": (1, 3),
    "only tracing": (0, 0),
    "proxy style": (1, 1),
    "providers": (1, 1),
}
"""Ports and routes of each."""


@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_in_any_shape_is_accepted(name):
    ports, routes = SIZES[name]
    found = snapshot(CONFIGS[name], OPENAI_API_KEY="sk-1")
    assert len(found.ports) == ports
    assert sum(len(listener.routes) for port in found.ports for listener in port.listeners) == routes


@pytest.mark.parametrize("file", sorted((ROOT / "config").glob("*.yaml")), ids=lambda file: file.name)
def test_every_config_of_the_folder_is_accepted(file):
    assert snapshot(file.read_text(), **READY).ports


def test_the_documented_config_is_the_one_in_the_folder():
    def without_comments(text: str) -> str:
        return "\n".join(line for line in text.splitlines() if line.strip() and not line.strip().startswith("#"))

    assert without_comments((ROOT / "config" / "openai.yaml").read_text()) == without_comments(DOCUMENTED)


def test_the_documented_config_means_what_it_says():
    found = snapshot(DOCUMENTED, OPENAI_API_KEY=" sk-1\n")
    (port,) = found.ports
    (listener,) = port.listeners
    (route,) = listener.routes
    ((target,),) = route.backends[0].groups
    assert (port.port, port.gateway, listener.name, route.name) == (3000, "bind/3000", "listener0", "default/route0")
    assert (target.name, target.provider, target.model) == ("openai", "openAI", "gpt-4o-mini")
    assert route.policies.backend_auth is not None
    assert route.policies.backend_auth.key == Secret("sk-1")
    assert found.tracing is not None
    assert (found.tracing.endpoint, found.tracing.protocol) == ("http://localhost:4317", "grpc")
    assert (found.tracing.sampling.random, found.tracing.sampling.client) == (1.0, 1.0)
    assert len(found.sha256) == 64
