"""``config.tracing`` with the environment over it (agentgateway.md §1.2)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from agw.cel import Expression
from agw.config.expressions import expression, expressions, names
from agw.config.reader import At
from agw.config.secret import Secret
from agw.config.snapshot import Fields, Sampling, Tracing

_ENDPOINT = ("OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_HEADERS = ("OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")
_PROTOCOL = ("OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
DEFAULT_PATH = "/v1/traces"
DEFAULT_PROTOCOL = "grpc"
_PORTS = {"http": 80, "https": 443, "grpc": 4317}
_HEADER_NAME = re.compile(r"[0-9A-Za-z_.-]+")
_CEL_TEXT = re.compile(r"\"(?:[^\"\\]|\\[\"'\\])*\"|'(?:[^'\\]|\\[\"'\\])*'")


def tracing(at: At, environ: Mapping[str, str]) -> Tracing | None:
    """None where the file has no tracing block: the environment alone does not switch tracing on."""
    if not at:
        return None
    endpoint, path = _endpoint(at, environ)
    return Tracing(
        endpoint=endpoint,
        protocol=_protocol(at, environ),
        path=path or at["path"].request_path() or DEFAULT_PATH,
        headers=_headers(at, environ),
        sampling=Sampling(_sampling(at["randomSampling"], 0.0), _sampling(at["clientSampling"], 1.0)),
        fields=fields(at["fields"]),
    )


def _set(names: tuple[str, ...], environ: Mapping[str, str]) -> tuple[str, str] | None:
    """The first variable that is set, with its value; an empty one is as if it were not set."""
    return next(((name, value) for name in names if (value := environ.get(name, "").strip())), None)


def _endpoint(at: At, environ: Mapping[str, str]) -> tuple[str, str | None]:
    """``scheme://host:port``, and the path of the URL where it has one."""
    variable = _set(_ENDPOINT, environ)
    url = variable[1] if variable else at["otlpEndpoint"].text()
    place = at if variable else at["otlpEndpoint"]
    whose = f"{variable[0]}: " if variable else ""
    if url is None:
        at.wrong("tracing has no endpoint", "write otlpEndpoint: http://localhost:4317")
        return "", None
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "https", url
    scheme = scheme.lower()
    if scheme not in _PORTS:
        shown = scheme if re.fullmatch(r"[a-z]{1,6}", scheme) else "not a scheme"
        place.wrong(f"{whose}unsupported tracing endpoint scheme: {shown}", "write http, https or grpc")
        return "", None
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not url.isprintable() or " " in url:
        place.wrong(f"{whose}not a tracing endpoint", "write for example http://localhost:4317")
        return "", None
    if "@" in parts.netloc or parts.query or parts.fragment:
        hint = "credentials go to 'headers'"
        place.wrong(f"{whose}a tracing endpoint is scheme, host, port and path only", hint)
        return "", None
    host = f"[{host}]" if ":" in host else host
    port = _PORTS[scheme] if port is None else port
    return f"{'https' if scheme == 'https' else 'http'}://{host}:{port}", parts.path.rstrip("/") and parts.path


def _protocol(at: At, environ: Mapping[str, str]) -> str:
    variable = _set(_PROTOCOL, environ)
    if variable is None:
        return at["otlpProtocol"].text() or DEFAULT_PROTOCOL
    known = {"grpc": "grpc", "http": "http", "http/protobuf": "http"}
    if variable[1].lower() not in known:
        at.wrong(f"{variable[0]}: not a protocol that is served", "write grpc or http/protobuf")
    return known.get(variable[1].lower(), "grpc")


def _headers(at: At, environ: Mapping[str, str]) -> tuple[tuple[str, Secret], ...]:
    """The environment's over the file's, whatever the case of their names; one without a value is not sent."""
    found = {name: (name, one, one.header_value() or "") for name, one in at["headers"].members()}
    variable = _set(_HEADERS, environ)
    merged = {name.lower(): entry for name, entry in found.items()}
    for name, value in _header_list(at, *variable) if variable else ():
        merged[name.lower()] = (name, at["headers"], value)
    headers = []
    for name, place, value in merged.values():
        text = _plain(place, value)
        if not _HEADER_NAME.fullmatch(name) or not (text.isascii() and text.isprintable()):
            place.wrong("not a header that can be sent", "letters, digits and dashes in names; ASCII in values")
        elif text:
            headers.append((name, Secret(text)))
    return tuple(headers)


def _header_list(at: At, variable: str, text: str) -> list[tuple[str, str]]:
    """A JSON object, or ``name=value,name=value`` with percent-encoded values as OpenTelemetry writes it."""
    if text.startswith("{"):
        try:
            members = json.loads(text)
        except (ValueError, RecursionError):
            members = None
        if isinstance(members, dict) and all(isinstance(value, str) for value in members.values()):
            return list(members.items())
        at.wrong(f"{variable}: not a JSON object of texts", 'write {"name": "value"}')
        return []
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if not all(name.strip() and equals for name, equals, _ in pairs):
        at.wrong(f"{variable}: not a list of headers", "write name=value,name=value")
        return []
    return [(name.strip(), unquote(value.strip())) for name, _, value in pairs]


def _plain(at: At, value: str) -> str:
    """The text of a CEL string literal, or the value as it stands (lenient list of §1.10)."""
    value = value.strip()
    if _CEL_TEXT.fullmatch(value):
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    if value.startswith(('"', "'")):
        at.wrong("an expression is not supported by this gateway here", "write the header's value itself")
        return ""
    return value


def fields(at: At) -> Fields:
    """``fields.add`` and ``fields.remove``."""
    return Fields(expressions(at["add"], flattens=True), names(at["remove"]))


def _sampling(at: At, default: float) -> float | Expression:
    """A probability: a bool, a number (held to 0..1 as the reference does) or either of them as text; or CEL."""
    value = at.value
    if isinstance(value, str):
        text = value.strip().lower()
        try:
            value = {"true": True, "false": False}[text] if text in ("true", "false") else float(text)
        except ValueError:
            found = expression(at)
            return default if found is None else found
    if not isinstance(value, bool | int | float):
        return default
    if math.isnan(value):
        at.wrong("not a share of calls", "write true, false, a number from 0 to 1, or an expression")
        return default
    return min(max(float(value), 0.0), 1.0)
