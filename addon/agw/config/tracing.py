"""``config.tracing`` with the environment over it (agentgateway.md §1.2), and its newer form
``frontendPolicies.tracing`` (§1.3), to which the environment does not apply."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from urllib.parse import unquote

from agw.cel import Expression, Variables
from agw.cel.environment import environment
from agw.config.content import of_destination
from agw.config.destinations import connection
from agw.config.endpoint import Header, endpoint, written
from agw.config.expressions import expression, fields
from agw.config.policies import backend_tls
from agw.config.reader import At
from agw.config.snapshot import Sampling, Tracing
from agw.content.levels import ContentSettings

_ENDPOINT = ("OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_HEADERS = ("OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")
_PROTOCOL = ("OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


def tracing(at: At, environ: Mapping[str, str], settings: ContentSettings) -> Tracing | None:
    """None where the file has no tracing block: the environment alone does not switch tracing on."""
    if not at:
        return None
    variable = first_set(_ENDPOINT, environ)
    url = variable[1] if variable else at["otlpEndpoint"].text()
    place = at if variable else at["otlpEndpoint"]
    if url is None:
        at.wrong("tracing has no endpoint", "write otlpEndpoint: http://localhost:4317")
        return None
    found = endpoint(place, url, f"{variable[0]}: " if variable else "")
    if found is None:
        return None
    content, redact = of_destination(at, settings)
    to = connection(at, found, _protocol(at, environ), [*written(at["headers"]), *_variable_headers(at, environ)])
    return Tracing(
        endpoint=to.endpoint,
        protocol=to.protocol,
        path=to.path,
        headers=to.headers,
        platform=to.platform,
        resource=to.resource,
        content=content,
        redact=redact,
        fields=fields(at["fields"]["add"], at["fields"]["remove"]),
        sampling=_sampling_of(at),
    )


def frontend_tracing(at: At, settings: ContentSettings) -> Tracing | None:
    """The newer form, whose target is a host; TLS where its policies have ``backendTLS``."""
    if not at:
        return None
    target = at["host"].host_port()
    if target is None:
        return None
    tls = backend_tls(at["policies"]["backendTLS"])
    found = endpoint(at["host"], f"{'http' if tls is None else 'https'}://{at['host'].text()}")
    if found is None:
        return None
    content, redact = of_destination(at, settings)
    to = connection(at, found, at["protocol"], written(at["policies"]["requestHeaderModifier"]["set"]))
    return Tracing(
        endpoint=to.endpoint,
        protocol=to.protocol,
        path=to.path,
        headers=to.headers,
        platform=to.platform,
        resource=(*to.resource, *_resource(at["resources"])),
        content=content,
        redact=redact,
        fields=fields(at["attributes"], at["remove"]),
        filter=expression(at["filter"]),
        sampling=_sampling_of(at),
    )


def _resource(at: At) -> list[tuple[str, str]]:
    """Evaluated once, so an expression has nothing of a call to read."""
    found = []
    for name, one in at.members():
        said = expression(one)
        value = None if said is None else said.evaluate(Variables({"env": environment()}))
        if isinstance(value, str):
            found.append((name, value))
        elif said is not None:
            one.wrong(
                "not an expression that gives a text by itself", "write a text in quotes within quotes: '\"name\"'"
            )
    return found


def first_set(names: tuple[str, ...], environ: Mapping[str, str]) -> tuple[str, str] | None:
    """The first variable that is set, with its value; an empty one is as if it were not set."""
    return next(((name, value) for name in names if (value := environ.get(name, "").strip())), None)


def _protocol(at: At, environ: Mapping[str, str]) -> str | None:
    variable = first_set(_PROTOCOL, environ)
    if variable is None:
        return at["otlpProtocol"].text()
    known = {"grpc": "grpc", "http": "http", "http/protobuf": "http"}
    if variable[1].lower() not in known:
        at.wrong(f"{variable[0]}: not a protocol that is served", "write grpc or http/protobuf")
    return known.get(variable[1].lower(), "grpc")


def _variable_headers(at: At, environ: Mapping[str, str]) -> list[Header]:
    """The environment's, which go over the file's."""
    variable = first_set(_HEADERS, environ)
    return [(name, at["headers"], value) for name, value in header_list(at, *variable)] if variable else []


def header_list(at: At, variable: str, text: str) -> list[tuple[str, str]]:
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


def _sampling_of(at: At) -> Sampling:
    return Sampling(_sampling(at["randomSampling"], 0.0), _sampling(at["clientSampling"], 1.0))


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
