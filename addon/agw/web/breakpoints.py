"""Breakpoints (option ``agwbreak``): a call that the expression names waits until a person has read it, perhaps edited
it, and resumed or killed it.

::

    admitted ──► expression false ───────────────────────────────────────► goes on
                 expression true ──► held ──► resumed, or the client left ──► goes on, with its body as it is now
                                          └─► killed

It is held as the client sent it, after the policies on clients: whoever may not come in holds nobody up, and what a
person edits is routed, translated and recorded like any other request.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from mitmproxy import ctx, exceptions, flow, http
from mitmproxy.addons.view import View
from mitmproxy.hooks import UpdateHook

from agw.cel.expression import Expression, ExpressionError
from agw.hooks.admit import change_body, view_of
from agw.hooks.arrival import begin_early, foreseen
from agw.hooks.body import Body
from agw.hooks.plan import Plan, plan_of
from agw.hooks.served import Served
from agw.hooks.wire import mask_sent
from agw.policies.credential import APP_CREDENTIAL_HEADERS
from agw.providers import spec_of
from agw.usage.estimate import TokenEstimator
from agw.web.asked import Asked, condition, holds

logger = logging.getLogger("agw")

EDITED, RESUMED = "edited at a breakpoint", "held at a breakpoint"
_LOOK_S = 0.1


class Breakpoints:
    """``begun`` hears that a call that is held has begun, ``complain`` of our own mistakes."""

    def __init__(self, begun: Callable[[http.HTTPFlow, Plan], None], complain: Callable[[Exception], None]) -> None:
        self._begun, self._complain = begun, complain
        self._condition: Expression | None = None
        self._somebody_looks: bool | None = None
        self._told = False
        self._estimator: TokenEstimator | None = None

    @property
    def set(self) -> bool:
        """Whether any call may be held."""
        return self._condition is not None and self._somebody_looks is True

    def configure(self, source: str) -> None:
        """Raises OptionsError."""
        try:
            self._condition = condition(source) if source.strip() else None
        except ExpressionError as error:
            raise exceptions.OptionsError(f"agwbreak: {error}") from None
        self._tell_of_no_use()

    def start(self) -> None:
        """Once mitmproxy runs."""
        self._somebody_looks = isinstance(ctx.master.addons.get("view"), View)
        self._tell_of_no_use()

    def _tell_of_no_use(self) -> None:
        if self._condition is not None and self._somebody_looks is False and not self._told:
            self._told = True
            logger.warning("agwbreak is of no use in mitmdump, where nobody can resume a call: start mitmweb instead")

    async def pass_by(self, flow: http.HTTPFlow, served: Served) -> bool:
        """Whether the call goes on; waits until it may."""
        try:
            return await self._pass_by(flow, served)
        except Exception as error:
            self._complain(error)
            return True

    async def _pass_by(self, flow: http.HTTPFlow, served: Served) -> bool:
        plan, expression = plan_of(flow), self._condition
        found = foreseen(flow, served)
        if plan is None or expression is None or found is None:
            return True
        client, target = found
        model = target.model or client.facts({} if client.body is None else client.body.values, client.model).model
        asked = Asked(
            view_of(flow, plan.routed, Body(flow.request), plan.request_seen),
            plan.claims,
            None if plan.admitted is None else plan.admitted.metadata,
            None,
            client.form,
            spec_of(target, model).name,
            model,
            self._estimate,
            served.recording.prices.pricer(served.snapshot.catalog).book,
        )
        if not await asyncio.to_thread(holds, expression, asked):
            return True
        begin_early(flow, plan, client, target)
        self._begun(flow, plan)
        return await _hold(flow, plan)

    def _estimate(self, body: Mapping[str, Any]) -> int:
        if self._estimator is None:
            self._estimator = TokenEstimator.load()
        return self._estimator.estimate(body).tokens


async def _hold(held: http.HTTPFlow, plan: Plan) -> bool:
    request = held.request
    came = request.raw_content
    unmask = _masked(request)
    held.intercept()
    ctx.master.addons.trigger(UpdateHook([held]))
    # mitmproxy's own event is set by resuming alone, not by killing nor by a client that leaves.
    while held.intercepted and held.client_conn.connected:
        await asyncio.sleep(_LOOK_S)
    if held.error is not None and held.error.msg == flow.Error.KILLED_MESSAGE:
        return False
    held.resume()
    unmask()
    edited = request.raw_content != came
    if edited:
        change_body(held, plan, request.get_content(strict=False) or b"")
    plan.notes.append(EDITED if edited else RESUMED)
    return True


def _masked(request: http.Request) -> Callable[[], None]:
    """Hides what the app brings as credentials from who looks; gives what puts them back, but for what was edited."""
    headers = {name: request.headers.get_all(name) for name in APP_CREDENTIAL_HEADERS if name in request.headers}
    path = request.path
    mask_sent(request)
    shown = {name: request.headers.get_all(name) for name in headers}
    shown_path = request.path

    def unmask() -> None:
        for name, values in headers.items():
            if request.headers.get_all(name) == shown[name]:
                request.headers.set_all(name, values)
        if request.path == shown_path:
            request.path = path

    return unmask
