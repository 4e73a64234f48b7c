"""What policies and expressions may know of a request before it is forwarded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from agw.cel.environment import environment
from agw.cel.plain import to_json
from agw.cel.variables import Keyed, Table, Variables
from agw.cel.views import header_map, header_value
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


@dataclass(frozen=True, slots=True)
class AnswerView:
    """The head of an answer, and its body where it has been waited for."""

    status: int
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class UnderWay:
    """What the functions of ``BEFORE`` read."""

    view: RequestView
    claims: Claims
    metadata: Mapping[str, Any] | None
    answer: AnswerView | None


_NOBODY = Claims()


def variables_before(
    view: RequestView,
    claims: Claims = _NOBODY,
    *,
    metadata: Mapping[str, Any] | None = None,
    answer: AnswerView | None = None,
) -> Variables:
    """What expressions see while a call is under way; ``answer`` where its head is there."""
    return Variables(BEFORE if answer is None else _ANSWERED, UnderWay(view, claims, metadata, answer))


def _member(call: UnderWay, name: str) -> Any:
    return (call.view.body() or {}).get(name)


def _body_text(call: UnderWay) -> str | None:
    body = call.view.body()
    return None if body is None else to_json(body)


def _answer_text(call: UnderWay) -> str | None:
    data = None if call.answer is None else call.answer.body
    return None if data is None else data.decode("utf-8", "replace")


BEFORE: Table = {
    "request": {
        "method": lambda call: call.view.method,
        "uri": lambda call: f"http://{call.view.host}{call.view.target}",
        "host": lambda call: call.view.host,
        "scheme": lambda call: "http",
        "path": lambda call: call.view.target.partition("?")[0],
        "pathAndQuery": lambda call: call.view.target,
        "version": lambda call: call.view.version,
        "headers": Keyed(
            lambda call: header_map(call.view.headers), lambda call, name: header_value(call.view.headers, name)
        ),
        "body": _body_text,
        "startTime": lambda call: datetime.fromtimestamp(call.view.start_ns / 1e9, UTC),
    },
    "llm": {
        "requestModel": lambda call: _member(call, "model"),
        "streaming": lambda call: _member(call, "stream") is True,
    },
    "llmRequest": lambda call: call.view.body(),
    "jwt": lambda call: call.claims.jwt,
    "apiKey": lambda call: call.claims.api_key,
    "basicAuth": lambda call: call.claims.basic_auth,
    "source": {"address": lambda call: call.view.client_address, "port": lambda call: call.view.client_port},
    "backend": {"name": lambda call: call.view.place.backend},
    "proxy": {
        "bind": lambda call: call.view.place.gateway,
        "gateway": lambda call: call.view.place.gateway,
        "listener": lambda call: call.view.place.listener,
        "route": lambda call: call.view.place.route,
    },
    "metadata": lambda call: call.metadata,
    "env": environment(),
}
_ANSWERED: Table = {
    **BEFORE,
    "response": {
        "code": lambda call: call.answer.status,
        "headers": Keyed(
            lambda call: header_map(call.answer.headers), lambda call, name: header_value(call.answer.headers, name)
        ),
        "body": _answer_text,
    },
}
