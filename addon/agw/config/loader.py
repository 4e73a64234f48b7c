"""A config file to a Snapshot: expand, parse, check, build."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from agw.config.binds import bind
from agw.config.catalog import catalog
from agw.config.check import check
from agw.config.content import content
from agw.config.database import database
from agw.config.destinations import destinations
from agw.config.expand import expand
from agw.config.expressions import expression
from agw.config.gateways import Gateways, OpenListener
from agw.config.llm import llm
from agw.config.observing import admin, logging, metrics, metrics_to
from agw.config.reader import At
from agw.config.report import Report
from agw.config.routes import route
from agw.config.snapshot import Port, Route, Snapshot
from agw.config.tracing import frontend_tracing, tracing
from agw.config.tree import parse
from agw.errors import ConfigError, Problem

MAX_BYTES = 16 << 20
"""Of a config file."""
CONNECT_TIMEOUT_S = 10.0
"""Where config.backend.connectTimeout is not written."""
MAX_BODY_BYTES = 256 * 1024 * 1024
"""Where frontendPolicies.http.maxBufferSize is not written. 2 MiB, the reference's, would stop long contexts."""


def load(path: str, environ: Mapping[str, str]) -> Snapshot:
    """Reads a config. Raises ConfigError with everything that is wrong; files named in it are read too."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ConfigError([Problem(f"cannot be read: {_reason(error)}", path)]) from None
    if len(data) > MAX_BYTES:
        raise ConfigError([Problem(f"larger than {MAX_BYTES >> 20} MiB", path)])
    return _load(data, path, environ)


def loads(text: str, file: str, environ: Mapping[str, str]) -> Snapshot:
    """The same for a text; ``file`` is what errors name and where relative file names start."""
    return _load(text.encode("utf-8", "surrogatepass"), file, environ)


def _load(data: bytes, file: str, environ: Mapping[str, str]) -> Snapshot:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem("not UTF-8", file, line, hint="save the file as UTF-8")]) from None
    report = Report(parse(expand(text, file, environ), file), file)
    check(report)
    snapshot = _build(At(report, (), report.tree.value), hashlib.sha256(data).hexdigest(), environ)
    problems = report.problems()
    if problems:
        raise ConfigError(problems)
    return snapshot


def _build(root: At, sha256: str, environ: Mapping[str, str]) -> Snapshot:
    """Tolerates a tree of any shape: what does not fit has been reported."""
    placed = [(one["port"], port) for one in root["binds"].items() if (port := bind(one)) is not None]
    gateways = Gateways(root["gateways"])
    for index, one in enumerate(root["routes"].items()):
        gateways.attach(one["gateways"], partial(_attached, one, index))
    own = llm(root["llm"], gateways)
    placed += [(root["gateways"][name]["port"], port) for name, port in gateways.ports()]
    if own is not None:
        placed.append((root["llm"]["port"], own))
    ports = _unique(placed)
    standard = root["config"]["standardAttributes"]
    settings = content(root["config"]["content"], environ)
    traced = tracing(root["config"]["tracing"], environ, settings)
    newer = frontend_tracing(root["frontendPolicies"]["tracing"], settings)
    if root["config"]["tracing"] and root["frontendPolicies"]["tracing"]:
        hint = "they are two forms of one thing; keep one of them"
        root["frontendPolicies"]["tracing"].wrong("'frontendPolicies.tracing' beside 'config.tracing'", hint)
    traced = traced or newer
    everywhere = destinations(root["config"]["destinations"], traced, settings)
    if not ports and not everywhere and not root.report.problems():
        root.wrong("no port is opened and nothing is traced", "write binds, gateways or llm")
    prices, catalog_files = catalog(root["config"]["modelCatalog"])
    seconds = root["config"]["backend"]["connectTimeout"].seconds()
    return Snapshot(
        file=root.report.file,
        sha256=sha256,
        ports=ports,
        tracing=traced,
        max_body_bytes=root["frontendPolicies"]["http"]["maxBufferSize"].number() or MAX_BODY_BYTES,
        destinations=everywhere,
        database=database(root["config"]["database"], root["config"]["logging"]["database"]),
        connect_timeout_s=CONNECT_TIMEOUT_S if seconds is None else seconds,
        catalog=prices,
        content=settings,
        user=expression(standard["user"]),
        group=expression(standard["group"]),
        logging=logging(root["config"]["logging"], _access_log(root["frontendPolicies"])),
        metrics=metrics(root["config"], environ),
        admin=admin(root["config"], environ),
        metrics_to=metrics_to(root["config"]["metrics"]["otlp"], environ),
        files=catalog_files,
    )


def _access_log(at: At) -> At:
    """Under either of its names."""
    return at["accessLog"] if at["accessLog"] else at["logging"]


def _attached(at: At, index: int, listener: OpenListener) -> Route:
    return route(at, index, listener.policies)


def _unique(placed: list[tuple[At, Port]]) -> tuple[Port, ...]:
    ports: dict[int, Port] = {}
    for at, port in placed:
        if port.port in ports:
            first = ports[port.port].gateway
            at.wrong(f"port {port.port} is opened twice", f"{first} opens it too; put the listeners together")
        ports.setdefault(port.port, port)
    return tuple(ports.values())


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror or "unknown").lower() if isinstance(error, OSError) else "its name holds a null character"
