"""Configs for tests: loading texts, and what is wrong with them."""

from __future__ import annotations

import textwrap

import pytest

from agw.config import loads
from agw.config.snapshot import Route, Snapshot
from agw.errors import ConfigError, Problem

PROVIDER = "ai: {name: openai, provider: {openAI: {}}}"


def snapshot(text: str, **environ: str) -> Snapshot:
    return loads(textwrap.dedent(text), "cfg.yaml", environ)


def only_route(text: str, **environ: str) -> Route:
    (port,) = snapshot(text, **environ).ports
    (listener,) = port.listeners
    (route,) = listener.routes
    return route


def problems(text: str, **environ: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        snapshot(text, **environ)
    return caught.value.problems


def with_route(route: str) -> str:
    """A config with one route; ``route`` begins at its first key."""
    return (
        "binds:\n- port: 3000\n  listeners:\n  - routes:\n    - "
        + textwrap.indent(textwrap.dedent(route).strip("\n"), " " * 6).lstrip()
    )
