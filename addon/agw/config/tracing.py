"""``config.tracing`` with the environment over it (agentgateway.md §1.2)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from agw.config.reader import At
from agw.config.secret import Secret
from agw.config.snapshot import Sampling, Tracing

_PREFIXES = ("OTLP_", "OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_")
_PROTOCOLS = {"grpc": "grpc", "http": "http", "http/protobuf": "http"}
_DEFAULT_PORTS = {"http": 80, "https": 443, "grpc": 4317}
_CEL_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'')


def tracing(at: At, environ: Mapping[str, str]) -> Tracing | None:
    """None without the block: the environment alone does not switch tracing on."""
    if not at:
        return None
    endpoint = _from(environ, "ENDPOINT") or at["otlpEndpoint"].text()
    if not endpoint:
        at.wrong("tracing needs an endpoint", "write otlpEndpoint: http://localhost:4317, or set OTLP_ENDPOINT")
        return None
    named = _from(environ, "PROTOCOL") or at["otlpProtocol"].text() or "grpc"
    protocol = _PROTOCOLS.get(named.lower())
    if protocol is None:
        at["otlpProtocol"].wrong("this OTLP protocol is not supported", "write grpc or http")
        return None
    parts = _endpoint(at["otlpEndpoint"] if at["otlpEndpoint"] else at, endpoint)
    if parts is None:
        return None
    address, path = parts
    return Tracing(
        endpoint=address,
        protocol=protocol,
        path=path or at["path"].text() or "/v1/traces",
        headers=_headers(at, environ),
        sampling=Sampling(_ratio(at["randomSampling"], 0.0), _ratio(at["clientSampling"], 1.0)),
    )


def _from(environ: Mapping[str, str], name: str) -> str | None:
    return next((value for prefix in _PREFIXES if (value := environ.get(prefix + name, "").strip())), None)


def _endpoint(at: At, text: str) -> tuple[str, str | None] | None:
    """``scheme://host:port`` and the path, if the URL has one."""
    url = urlsplit(text if "://" in text else f"https://{text}")
    if url.scheme not in _DEFAULT_PORTS:
        at.wrong(f"unsupported tracing endpoint scheme: {url.scheme[:20]}", "write http, https or grpc")
        return None
    try:
        host, port = url.hostname, url.port or _DEFAULT_PORTS[url.scheme]
    except ValueError:
        host, port = None, 0
    if not host:
        at.wrong("the tracing endpoint names no host and port", "write for example http://localhost:4317")
        return None
    shown = f"[{host}]" if ":" in host else host
    scheme = "http" if url.scheme == "grpc" else url.scheme
    path = url.path + (f"?{url.query}" if url.query else "")
    return f"{scheme}://{shown}:{port}", path if path not in ("", "/") else None


def _headers(at: At, environ: Mapping[str, str]) -> tuple[tuple[str, Secret], ...]:
    headers = {name: _plain(str(one.value)) for name, one in at["headers"].members()}
    given = _from(environ, "HEADERS")
    if given:
        lowered = {name.lower(): name for name in headers}
        for name, value in _header_list(given).items():
            headers[lowered.get(name.lower(), name)] = value
    for name, value in headers.items():
        if not name.isascii() or not name.isprintable() or not value.isprintable():
            at["headers"].wrong("a header holds characters that no header may hold")
    return tuple((name, Secret(value)) for name, value in headers.items())


def _header_list(text: str) -> dict[str, str]:
    """A JSON object, or ``name=value,name=value`` with percent-escapes."""
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = None
    if isinstance(parsed, dict):
        return {str(name): str(value) for name, value in parsed.items()}
    pairs = (pair.partition("=") for pair in text.split(","))
    return {name.strip(): unquote(value.strip()) for name, equals, value in pairs if equals and name.strip()}


def _plain(value: str) -> str:
    """A header's value: plain text, or the text inside a CEL string literal."""
    found = _CEL_TEXT.fullmatch(value.strip())
    if found is None:
        return value
    return re.sub(r"\\(.)", r"\1", found[1] if found[1] is not None else found[2])


def _ratio(at: At, default: float) -> float:
    """true, false, a number or either as text; numbers are held in 0..1."""
    value = at.value
    if value is None:
        return default
    if isinstance(value, str):
        text = value.strip().lower()
        if text in ("true", "false"):
            return float(text == "true")
        try:
            value = float(text)
        except ValueError:
            at.wrong("not supported by this gateway: sampling by CEL", "write true, false or a number from 0 to 1")
            return default
    value = float(value)
    return min(1.0, max(0.0, value)) if value == value else default
