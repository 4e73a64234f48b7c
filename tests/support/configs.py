"""Configs for tests: loading texts, and what is wrong with them."""

from __future__ import annotations

import textwrap

import pytest

from agw.config import loads
from agw.config.snapshot import Route, Snapshot
from agw.errors import ConfigError, Problem

READY = {
    "OPENAI_API_KEY": "sk-1",
    "ANTHROPIC_API_KEY": "sk-ant-1",
    "LANGFUSE_PUBLIC_KEY": "pk-lf-1",
    "LANGFUSE_SECRET_KEY": "sk-lf-1",
    "LANGSMITH_API_KEY": "ls-1",
    "HELICONE_API_KEY": "sk-helicone-1",
    "TEAM_KEY": "sk-team-1",
}
"""The environment that all configs of the folder ask for together."""
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
