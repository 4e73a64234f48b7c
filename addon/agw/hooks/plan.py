"""What the gateway has decided for one flow, tied to the flow itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mitmproxy import http

from agw.config.snapshot import BackendTls, HeaderModifier
from agw.policies.credential import WireCredential
from agw.record import Call
from agw.record.transient import Claims, Transient

if TYPE_CHECKING:
    from agw.formats.base import Format
    from agw.hooks.served import Served
    from agw.record import Content
    from agw.streaming.tap import AnswerTap

_ATTRIBUTE = "agw_plan"


@dataclass(slots=True)
class Plan:
    """Lives as long as its flow. ``call`` is None for traffic that is forwarded and not recorded."""

    served: Served
    call: Call | None = None
    format: Format | None = None
    tap: AnswerTap | None = None
    content: Content | None = None
    credential: WireCredential | None = None
    kept_headers: dict[str, str] = field(default_factory=dict)
    """The app's own credential headers, which pass; the flow that people look at shows them masked."""
    destination: tuple[str, int] | None = None
    """The only host and port that the credentials may go to."""
    tls: BackendTls | None = None
    response_headers: tuple[HeaderModifier, ...] = ()
    usage_injected: bool = False
    anthropic: bool = False
    timeout_s: float | None = None
    timer: asyncio.TimerHandle | None = None
    timed_out: bool = False
    claims: Claims = field(default_factory=Claims)
    """What the policies that authenticated the client verified."""
    request_seen: dict[str, list[str]] = field(default_factory=dict)
    """The client's headers as they came, names in lower case."""
    answer_seen: dict[str, list[str]] = field(default_factory=dict)
    request_body: Mapping[str, Any] | None = None
    answer_body: Mapping[str, Any] | None = None
    size_bytes: int = 0

    def transient(self) -> Transient:
        return Transient(
            request_headers=self.request_seen,
            response_headers=self.answer_seen,
            http_status=None if self.call is None else self.call.http_status,
            claims=self.claims,
            request_body=self.request_body,
            answer=self.answer_body,
            size_bytes=self.size_bytes,
        )


def header_lists(headers: http.Headers) -> dict[str, list[str]]:
    """All values of each header, by its name in lower case."""
    lists: dict[str, list[str]] = {}
    for name, value in headers.items(multi=True):
        lists.setdefault(name.lower(), []).append(value)
    return lists


def plan_of(flow: http.HTTPFlow) -> Plan | None:
    """The flow's plan; None for a flow that the gateway has nothing to do with."""
    return flow.__dict__.get(_ATTRIBUTE)


def tie(flow: http.HTTPFlow, plan: Plan) -> None:
    # An attribute and not flow.metadata: metadata is written to dumps and shown in mitmweb.
    flow.__dict__[_ATTRIBUTE] = plan
