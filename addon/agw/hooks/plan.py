"""What the gateway has decided for one flow, tied to the flow itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mitmproxy import http

from agw.config.snapshot import BackendTls, HeaderModifier, Timeouts
from agw.credentials import Ready, Source
from agw.policies.credential import WireCredential
from agw.record import Call, CallRecord
from agw.record.transient import Claims, Transient

if TYPE_CHECKING:
    from agw.attempts.prepare import ClientRequest, Prepared
    from agw.attempts.tries import Tries
    from agw.config.clients import Transformation
    from agw.config.guard_rules import PromptGuard
    from agw.formats.base import Format
    from agw.formats.realtime import RealtimeFold
    from agw.hooks.served import Served
    from agw.policies.admission import Admitted
    from agw.policies.facts import RequestView
    from agw.record import Content
    from agw.routing import Routed
    from agw.streaming.tap import Tap

_ATTRIBUTE = "agw_plan"


@dataclass(slots=True, weakref_slot=True)
class Plan:
    """Lives as long as its flow. ``call`` is None for traffic that is forwarded and not recorded."""

    served: Served
    call: Call | None = None
    error_style: str = "completions"
    """API type in whose shape the gateway's own errors are told."""

    # --- as the client sent it
    routed: Routed | None = None
    client: ClientRequest | None = None
    headers: http.Headers | None = None
    """What every try starts from: the client's headers after the policies."""
    body: bytes | None = None
    """The client's body; every try that does not edit it sends it as it came."""
    target: str | None = None
    """Path and query that the client asked for, without what authenticated it."""
    request_sha256: str | None = None
    notes: list[str] = field(default_factory=list)
    """For the record, of what has happened before its call begins."""
    max_body_bytes: int | None = None
    too_large: bool = False
    claims: Claims = field(default_factory=Claims)
    """What the policies that authenticated the client verified."""
    view: RequestView | None = None
    """The request as it came, where policies have asked for it."""
    admitted: Admitted | None = None
    """What the policies on clients have found; None where there are none."""
    body_changed: bool = False
    """A policy or a person has put another body in the place of the client's."""
    passed_token: str | None = None
    """The token of the client that a policy has verified, for ``backendAuth.passthrough``."""
    request_seen: dict[str, list[str]] = field(default_factory=dict)
    """The client's headers as they came, names in lower case."""

    # --- the try under way
    tries: Tries | None = None
    prepared: Prepared | None = None
    needs_attempt_hook: bool = False
    """The layer must call ``gateway_attempt`` before it connects."""
    must_reserve: bool = False
    """The hook is to draw the estimated tokens from the client's limits first, and make the first try ready then."""
    reserved_tokens: int = 0
    """Drawn from the client's limits by an estimate."""
    must_estimate: bool = False
    """The hook is to answer a request to count tokens; no try follows."""
    credential: WireCredential | Ready | None = None
    source: Source | None = None
    """Where the credential comes from, if it must be waited for."""
    again: bool = False
    """The try before has failed: the next one is to be made ready."""
    kept_headers: dict[str, str] = field(default_factory=dict)
    """The app's own credential headers, which pass; the flow that people look at shows them masked."""
    kept_target: str | None = None
    """The request target with the app's own key in its query; the flow shows it masked."""
    destination: tuple[str, int] | None = None
    """The only host and port that the credentials may go to."""
    tunnel: tuple[str, int] | None = None
    """The proxy through which this try goes."""
    tls: BackendTls | None = None
    timeouts: Timeouts | None = None
    timer: asyncio.TimerHandle | None = None
    deadline_s: float | None = None
    """By the loop's clock, for all tries together."""
    timed_out: bool = False

    # --- the answer
    format: Format | None = None
    """Of the provider's answer."""
    response_headers: tuple[HeaderModifier, ...] = ()
    response_change: Transformation | None = None
    prompt_guard: PromptGuard | None = None
    held: bool = False
    """The whole answer is waited for, to be looked at before the client gets it."""
    tap: Tap | None = None
    content: Content | None = None
    answer_seen: dict[str, list[str]] = field(default_factory=dict)
    realtime: RealtimeFold | None = None
    """Of a WebSocket connection."""
    realtime_turns: int = 0
    record: CallRecord | None = None
    """What became of the call, for people who look at the flow."""
    spent_s: float = 0.0
    """The gateway's own time in this call, beside that of the tap."""

    def transient(self, answer: Mapping[str, Any] | None) -> Transient:
        body = None if self.client is None else self.client.body
        return Transient(
            target=self.target,
            request_headers=self.request_seen,
            response_headers=self.answer_seen,
            http_status=None if self.call is None else self.call.http_status,
            claims=self.claims,
            metadata={} if self.admitted is None else self.admitted.metadata,
            request_body=None if body is None else body.values,
            answer=answer,
            size_bytes=len(self.body or b"") + (0 if self.tap is None else self.tap.passed_bytes),
        )


def plan_of(flow: http.HTTPFlow) -> Plan | None:
    """The flow's plan; None for a flow that the gateway has nothing to do with."""
    return flow.__dict__.get(_ATTRIBUTE)


def tie(flow: http.HTTPFlow, plan: Plan) -> None:
    # An attribute and not flow.metadata: metadata is written to dumps and shown in mitmweb.
    flow.__dict__[_ATTRIBUTE] = plan
