"""What policies and expressions may know of a request before it is forwarded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from agw.cel.environment import environment
from agw.cel.functions import to_json
from agw.cel.variables import Field, Variables
from agw.cel.views import header_map
from agw.record.transient import Claims


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the config a request has been routed to, by name."""

    gateway: str | None = None
    listener: str | None = None
    route: str | None = None
    backend: str | None = None


@dataclass(frozen=True, slots=True)
class RequestView:
    """One request as it came. ``target`` is path and query; header names are in lower case, with all their values.

    ``body`` gives the parsed JSON object where there is one, else None; it is asked only by what needs it.
    """

    method: str = ""
    target: str = ""
    host: str = ""
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    version: str = "HTTP/1.1"
    client_address: str | None = None
    client_port: int | None = None
    start_ns: int = 0
    body: Callable[[], Mapping[str, Any] | None] = lambda: None
    place: Place = Place()

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        return next(iter(self.headers.get(name, ())), None)


_NOBODY = Claims()
_NOTHING: Mapping[str, Field] = {}


def variables_before(
    view: RequestView,
    claims: Claims = _NOBODY,
    *,
    metadata: Mapping[str, Any] | None = None,
    response: Mapping[str, Field] = _NOTHING,
) -> Variables:
    """What expressions see while a call is under way; ``response`` where the head of its answer is there."""
    path = view.target.partition("?")[0]
    place = view.place

    def body_text() -> str | None:
        body = view.body()
        return None if body is None else to_json(body)

    def model() -> Any:
        return (view.body() or {}).get("model")

    return Variables(
        {
            "request": {
                "method": lambda: view.method,
                "uri": lambda: f"http://{view.host}{view.target}",
                "host": lambda: view.host,
                "scheme": lambda: "http",
                "path": lambda: path,
                "pathAndQuery": lambda: view.target,
                "version": lambda: view.version,
                "headers": lambda: header_map(view.headers),
                "body": body_text,
                "startTime": lambda: datetime.fromtimestamp(view.start_ns / 1e9, UTC),
            },
            "llm": {
                "requestModel": model,
                "streaming": lambda: (view.body() or {}).get("stream") is True,
            },
            "llmRequest": view.body,
            "jwt": lambda: claims.jwt,
            "apiKey": lambda: claims.api_key,
            "basicAuth": lambda: claims.basic_auth,
            "source": {"address": lambda: view.client_address, "port": lambda: view.client_port},
            "backend": {"name": lambda: place.backend},
            "proxy": {
                "bind": lambda: place.gateway,
                "gateway": lambda: place.gateway,
                "listener": lambda: place.listener,
                "route": lambda: place.route,
            },
            "metadata": lambda: metadata,
            "env": environment(),
            **({"response": response} if response else {}),
        }
    )
