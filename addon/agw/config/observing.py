"""``config.logging``, ``config.metrics`` and the addresses of their pages (agentgateway.md §1.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agw.config.expressions import expression, expressions, names
from agw.config.reader import At
from agw.config.signals import STATS_PORT, LogFormat, Logging, Metrics

OFF = "off"
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_LEVELS = ("error", "warn", "info", "debug", "trace", OFF)


def logging(at: At) -> Logging:
    if not at:
        return Logging()
    level = at["level"].text() or "info"
    if level.lower() not in _LEVELS:
        at["level"].wrong("not a level that is supported by this gateway", f"write one of {', '.join(_LEVELS)}")
    return Logging(
        format=LogFormat.JSON if at["format"].text() == "json" else LogFormat.TEXT,
        filter=expression(at["filter"]),
        add=expressions(at["fields"]["add"], flattens=True),
        remove=names(at["fields"]["remove"]),
        on=level.lower() in ("info", "debug", "trace"),
    )


def metrics(config: At, environ: Mapping[str, str]) -> Metrics:
    at = config["metrics"]
    for name, one in at["fields"]["add"].members():
        if not _LABEL.fullmatch(name.replace(".", "_")) or name.startswith("__"):
            one.wrong("not the name of a label", "letters, digits and underscores")
    said = environ.get("STATS_ADDR", "").strip()
    address = _address(config["statsAddr"], said)
    return Metrics(
        labels=tuple((name.replace(".", "_"), one) for name, one in expressions(at["fields"]["add"])),
        remove=frozenset(name.removeprefix("agentgateway_") for name in names(at["remove"])),
        address=("127.0.0.1", STATS_PORT) if address is None else address or None,
        named=bool(address),
        readiness=_address(config["readinessAddr"], environ.get("READINESS_ADDR", "").strip()) or None,
    )


def _address(at: At, said: str) -> tuple[str, int] | tuple[()] | None:
    """None where nothing is written, empty for ``off``; the environment wins over the file."""
    text = said or (at.text() or "").strip()
    if not text:
        return None
    if text.lower() == OFF:
        return ()
    host, colon, port = text.rpartition(":")
    host = host.strip("[]")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        at.wrong("not an address", f"write for example 127.0.0.1:{STATS_PORT}, or {OFF}")
        return None
    return host, int(port)
