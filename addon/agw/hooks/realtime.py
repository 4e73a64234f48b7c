"""Realtime over WebSocket: each response on the connection becomes a record of its own.

The messages pass as they are. A connection on which no response was made, an upgrade that was refused say, is told by
the record of the upgrade itself.
"""

from __future__ import annotations

from dataclasses import replace

from mitmproxy import http

from agw.formats.realtime import RealtimeFold, Turn
from agw.hooks.answers import finish, now_ns
from agw.hooks.plan import Plan
from agw.record import Attempt, CallError, Content

KEPT_MESSAGES = 200
"""mitmproxy keeps every message of a connection, which may last for hours and carry sound."""


def is_upgrade(request: http.Request) -> bool:
    return request.method == "GET" and request.headers.get("upgrade", "").lower() == "websocket"


def message(flow: http.HTTPFlow, plan: Plan) -> None:
    """Reads the newest message of the connection."""
    socket = flow.websocket
    if socket is None or plan.call is None:
        return
    if plan.realtime is None:
        plan.realtime = RealtimeFold(keep_content=plan.served.capture_content)
        plan.realtime.model = plan.call.request.model
    newest = socket.messages[-1]
    if newest.is_text:
        if newest.from_client:
            plan.realtime.sent(newest.text)
        elif (turn := plan.realtime.received(newest.text, now_ns())) is not None:
            _record(plan, turn)
    if len(socket.messages) > 2 * KEPT_MESSAGES:
        del socket.messages[:-KEPT_MESSAGES]


def ended(plan: Plan) -> None:
    """The connection is closed."""
    if plan.realtime is not None and (turn := plan.realtime.end(now_ns())) is not None:
        _record(plan, turn)
    if plan.call is not None and plan.realtime_turns:
        # Every response has its record; the connection itself is no call.
        plan.served.calls_under_way -= 1
        if plan.tries is not None:
            plan.tries.ended()
        return
    finish(plan, None)


def _record(plan: Plan, turn: Turn) -> None:
    upgrade = plan.call
    if upgrade is None:
        return
    plan.realtime_turns += 1
    call = replace(
        upgrade,
        ids=plan.served.sibling_ids(upgrade.ids),
        start_ns=turn.start_ns,
        request=replace(upgrade.request, model=turn.model or upgrade.request.model),
        notes=list(upgrade.notes),
        attempts=tuple(replace(one, start_ns=turn.start_ns, end_ns=turn.end_ns) for one in _made(plan)),
    )
    content = plan.content if turn.output_messages is None else Content(output_messages=turn.output_messages)
    error = CallError("client_disconnected", "the connection was closed within a response") if turn.broken_off else None
    record = call.finish(
        turn.end_ns,
        answer=turn.answer,
        error=error,
        broken_off=turn.broken_off,
        first_chunk_ns=turn.first_token_ns,
        first_token_ns=turn.first_token_ns,
        content=content,
    )
    if record is not None:
        plan.served.calls_under_way += 1
        plan.served.put(record, plan.transient(None))


def _made(plan: Plan) -> list[Attempt]:
    return [] if plan.tries is None else plan.tries.made[-1:]
