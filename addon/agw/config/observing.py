"""``config.logging``, ``config.metrics`` and the addresses of their pages (agentgateway.md §1.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agw.config.endpoint import endpoint, sendable, written
from agw.config.expressions import expression, expressions, names
from agw.config.reader import At
from agw.config.signals import ADMIN_PORT, STATS_PORT, AdminAddress, LogFormat, Logging, Metrics
from agw.config.snapshot import Destination, MetricsTo
from agw.config.tracing import first_set, header_list

OFF = "off"
_PORTS = {"grpc": 4317, "http": 4318}
_INTERVAL_S, _SHORTEST_S = 60.0, 1.0
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_LEVELS = ("error", "warn", "info", "debug", "trace", OFF)


def logging(at: At, newer: At) -> Logging:
    """``newer`` is ``frontendPolicies.accessLog``, whose fields stand directly below it."""
    if not at and not newer:
        return Logging()
    if newer and (at["filter"] or at["fields"]):
        hint = "they are two forms of one thing; keep one of them"
        newer.wrong("'frontendPolicies.accessLog' beside 'config.logging'", hint)
    level = at["level"].text() or "info"
    if level.lower() not in _LEVELS:
        at["level"].wrong("not a level that is supported by this gateway", f"write one of {', '.join(_LEVELS)}")
    fields = newer or at["fields"]
    return Logging(
        format=LogFormat.JSON if at["format"].text() == "json" else LogFormat.TEXT,
        filter=expression(newer["filter"] if newer else at["filter"]),
        add=expressions(fields["add"], flattens=True),
        remove=names(fields["remove"]),
        on=level.lower() in ("info", "debug", "trace"),
    )


def metrics(config: At, environ: Mapping[str, str]) -> Metrics:
    at = config["metrics"]
    for name, one in at["fields"]["add"].members():
        if not _LABEL.fullmatch(name.replace(".", "_")) or name.startswith("__"):
            one.wrong("not the name of a label", "letters, digits and underscores")
    said = environ.get("STATS_ADDR", "").strip()
    worker = environ.get("AGW_WORKER", "0")
    number = int(worker) if worker.isdecimal() else 0
    address = _address(config["statsAddr"], said, number)
    return Metrics(
        labels=tuple((name.replace(".", "_"), one) for name, one in expressions(at["fields"]["add"])),
        remove=frozenset(name.removeprefix("agentgateway_") for name in names(at["remove"])),
        address=("127.0.0.1", STATS_PORT + number) if address is None else address or None,
        named=bool(address),
        readiness=_address(config["readinessAddr"], environ.get("READINESS_ADDR", "").strip(), number) or None,
    )


def metrics_to(at: At, environ: Mapping[str, str]) -> MetricsTo | None:
    """Asked for by the file, or by ``OTEL_METRICS_EXPORTER=otlp``; the environment wins over the file."""
    if not at and environ.get("OTEL_METRICS_EXPORTER", "").strip().lower() != "otlp":
        return None
    protocol = _protocol(at, environ)
    variable = first_set(("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"), environ)
    url = variable[1] if variable else at["otlpEndpoint"].text() or f"http://localhost:{_PORTS[protocol]}"
    found = endpoint(at["otlpEndpoint"] if at and not variable else at, url, f"{variable[0]}: " if variable else "")
    if found is None:
        return None
    path = at["path"].request_path() or found.path
    if variable and variable[0] == "OTEL_EXPORTER_OTLP_ENDPOINT":
        # The variable for all signals names their common root.
        path = f"{found.path.rstrip('/')}/v1/metrics"
    headers = written(at["headers"])
    said = first_set(("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"), environ)
    headers += [(name, at["headers"], value) for name, value in header_list(at, *said)] if said else []
    return MetricsTo(
        Destination(found.base, protocol, path or "/v1/metrics", sendable(headers), name="metrics"),
        interval_s=_interval_s(at["interval"], environ),
    )


def _protocol(at: At, environ: Mapping[str, str]) -> str:
    said = first_set(("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"), environ)
    text = said[1].lower() if said else at["otlpProtocol"].text() or "grpc"
    return "http" if text in ("http", "http/protobuf") else "grpc"


def _interval_s(at: At, environ: Mapping[str, str]) -> float:
    """The variable is in milliseconds."""
    said = environ.get("OTEL_METRIC_EXPORT_INTERVAL", "").strip()
    if said.isdecimal() and int(said) > 0:
        return max(int(said) / 1000, _SHORTEST_S)
    return max(at.seconds() or _INTERVAL_S, _SHORTEST_S)


def admin(config: At, environ: Mapping[str, str]) -> AdminAddress | None:
    """Where the admin page is; None where it is off. Of several workers the first has it, for all of them."""
    address = _address(config["adminAddr"], environ.get("ADMIN_ADDR", "").strip(), 0)
    if address == () or environ.get("AGW_WORKER", "0") != "0":
        return None
    return AdminAddress("127.0.0.1", ADMIN_PORT) if not address else AdminAddress(*address, named=True)


def _address(at: At, said: str, number: int) -> tuple[str, int] | tuple[()] | None:
    """None where nothing is written, empty for ``off``; the environment wins over the file. Of several workers each
    has its own port: ``number`` is added."""
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
    return host, int(port) + number
