"""``config.destinations``: further places that every call's record goes to, beside ``config.tracing``."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from agw.cel import Expression
from agw.config.auth import secret
from agw.config.content import of_destination
from agw.config.endpoint import Endpoint, Header, endpoint, sendable, written
from agw.config.expressions import expression, fields
from agw.config.platform import ADDRESSES, TRACES, Platform, full_path, platform_of, protocol_of
from agw.config.reader import At
from agw.config.secret import Secret
from agw.config.snapshot import Destination, Tracing
from agw.content.levels import ContentSettings

_PROJECT_HEADER = "Langsmith-Project"
_PROJECT_RESOURCE = "openinference.project.name"


@dataclass(frozen=True, slots=True)
class Connection:
    """What platform an endpoint is, and all that follows from it. Fields as in ``Destination``."""

    endpoint: str
    platform: Platform
    protocol: str
    path: str
    headers: tuple[tuple[str, Secret], ...]
    resource: tuple[tuple[str, str], ...]


def connection(at: At, found: Endpoint, protocol: At | str | None, headers: list[Header]) -> Connection:
    """``at`` may say ``platform``, ``path`` and ``project``; ``protocol`` is what was written, or the environment's."""
    platform = _platform(at) or platform_of(found.host, found.port, found.path)
    said = protocol.text() if isinstance(protocol, At) else protocol
    if said == "grpc" and platform in ADDRESSES and ADDRESSES[platform].only_http:
        place = protocol if isinstance(protocol, At) else at
        place.wrong(f"{platform} does not take gRPC", "write http, or leave it out")
    project = at["project"].text()
    if project is not None:
        if platform is Platform.LANGSMITH:
            headers = [(_PROJECT_HEADER, at["project"], project), *headers]
        elif platform not in (Platform.PHOENIX, Platform.SUPERSET):
            at["project"].wrong(f"{platform} has no project here", "its key belongs to one; take the line out")
    named = project is not None and platform in (Platform.PHOENIX, Platform.SUPERSET)
    return Connection(
        endpoint=found.base,
        platform=platform,
        protocol=said or protocol_of(platform, found.port),
        path=full_path(platform, found.path) or found.path or at["path"].request_path() or _default_path(platform),
        headers=sendable(headers),
        resource=((_PROJECT_RESOURCE, project),) if named and project is not None else (),
    )


def _default_path(platform: Platform) -> str:
    """Helicone's depends on the call."""
    return "" if platform is Platform.HELICONE else TRACES


def destinations(at: At, tracing: Tracing | None, settings: ContentSettings) -> tuple[Destination, ...]:
    """``tracing`` first, where there is one."""
    found: list[Destination] = [] if tracing is None else [tracing]
    for one in at.items():
        destination = _destination(one, settings)
        if destination is None:
            continue
        if any(other.name == destination.name for other in found):
            one["name"].wrong("another destination has this name", "'tracing' is the name of config.tracing")
        found.append(destination)
    return tuple(found)


def _destination(at: At, settings: ContentSettings) -> Destination | None:
    url, platform = at["endpoint"].text(), _platform(at)
    name = at["name"].text() or (platform.value if platform else None)
    if name is None:
        at.wrong("'name' is missing", "write a name of your own")
    elif ":" in name:
        at["name"].wrong("a name has no colon", "write letters, digits and dashes")
    where = endpoint(at["endpoint"], url) if url is not None else None
    if where is None or name is None:
        return None
    content, redact = of_destination(at, settings)
    to = connection(at, where, at["protocol"], [*_basic_auth(at["basicAuth"]), *written(at["headers"])])
    return Destination(
        endpoint=to.endpoint,
        protocol=to.protocol,
        path=to.path,
        headers=to.headers,
        name=name,
        platform=to.platform,
        content=content,
        redact=redact,
        api=_api(at["apiEndpoint"]),
        root=at["root"].value if isinstance(at["root"].value, bool) else None,
        fields=fields(at["fields"]["add"], at["fields"]["remove"]),
        resource=to.resource,
        filter=expression(at["filter"]),
        share=_share(at["sampling"]),
    )


def _api(at: At) -> str | None:
    url = at.text()
    found = endpoint(at, url) if url else None
    return None if found is None else found.base + found.path.rstrip("/")


def _platform(at: At) -> Platform | None:
    text = at["platform"].text()
    return Platform(text) if text in list(Platform) else None


def _basic_auth(at: At) -> list[Header]:
    """Langfuse's two keys, as the one header that carries them."""
    if not at:
        return []
    user, password = secret(at["username"]), secret(at["password"])
    if user is None or password is None:
        at.wrong("'username' and 'password' belong together", "write both")
        return []
    pair = base64.b64encode(f"{user.reveal()}:{password.reveal()}".encode()).decode()
    return [("Authorization", at, f"Basic {pair}")]


def _share(at: At) -> float | Expression:
    """A share of the calls, or an expression that gives it."""
    value = at.value
    if isinstance(value, str):
        text = value.strip().lower()
        try:
            value = {"true": 1.0, "false": 0.0}[text] if text in ("true", "false") else float(text)
        except ValueError:
            return expression(at) or 1.0
    return min(max(float(value), 0.0), 1.0) if isinstance(value, bool | int | float) else 1.0
