"""What the gateway has decided for one flow, tied to the flow itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mitmproxy import http

from agw.config.snapshot import BackendTls, HeaderModifier
from agw.policies.credential import WireCredential
from agw.record import Call

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


def plan_of(flow: http.HTTPFlow) -> Plan | None:
    """The flow's plan; None for a flow that the gateway has nothing to do with."""
    return flow.__dict__.get(_ATTRIBUTE)


def tie(flow: http.HTTPFlow, plan: Plan) -> None:
    # An attribute and not flow.metadata: metadata is written to dumps and shown in mitmweb.
    flow.__dict__[_ATTRIBUTE] = plan
