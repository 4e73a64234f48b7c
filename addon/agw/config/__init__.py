"""The config file: text, environment, YAML, schema, snapshot; each step in a module of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from agw.config.check import check
from agw.config.expand import expand
from agw.config.llm import llm
from agw.config.reader import At
from agw.config.routes import binds, gateways
from agw.config.snapshot import Port, Snapshot
from agw.config.tracing import tracing
from agw.config.tree import parse
from agw.errors import ConfigError, Problem

__all__ = ["load", "loads"]


def load(path: str, environ: Mapping[str, str]) -> Snapshot:
    """Reads a file. Raises ConfigError with everything that is wrong with it."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ConfigError([Problem(f"the config cannot be read: {error.strerror}", path)]) from None
    return loads(data, path, environ)


def loads(data: bytes, file: str, environ: Mapping[str, str]) -> Snapshot:
    """The same for bytes already read; ``file`` is only the name in messages and the base of relative paths."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem("the config is not valid UTF-8", file, line)]) from None
    tree = parse(expand(text, file, environ), file)
    problems = check(tree, file)
    if problems:
        raise ConfigError(problems)
    root = At(tree, file, value=tree.value)
    ports = [*binds(root["binds"]), *gateways(root)]
    if root["llm"]:
        ports = llm(root["llm"], ports)
    _check_ports(root, ports)
    config = root["config"]
    connect_timeout_s = config["backend"]["connectTimeout"].seconds()
    snapshot = Snapshot(
        file=file,
        sha256=hashlib.sha256(data).hexdigest(),
        ports=tuple(ports),
        tracing=tracing(config["tracing"], environ),
        connect_timeout_s=10.0 if connect_timeout_s is None else connect_timeout_s,
    )
    if root.problems:
        raise ConfigError(sorted(set(root.problems), key=lambda one: (one.line or 0, one.path)))
    return snapshot


def _check_ports(root: At, ports: list[Port]) -> None:
    if not ports:
        root.wrong("the config opens no port", "write binds, gateways with routes, or llm with models")
    seen: set[int] = set()
    for port in ports:
        if port.port in seen:
            root.wrong(f"port {port.port} stands twice", "put both under one bind or gateway")
        seen.add(port.port)
