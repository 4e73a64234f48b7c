"""The hooks of a call and of its connections; each delegates, and none lets a mistake of ours break traffic."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from mitmproxy import http, tls
from mitmproxy.proxy import server_hooks

from agw.errors import AnswerError, InternalError, place_of, strict
from agw.fastpath import was_handed_out
from agw.hooks import admit, answers, arrival, dispatch, observe, realtime, unread
from agw.hooks.admin import Admin
from agw.hooks.counting import TokenCounter
from agw.hooks.drain import Drain
from agw.hooks.mode import GatewayMode
from agw.hooks.plan import Plan, plan_of, tie
from agw.hooks.served import Served
from agw.hooks.timers import ConnectTimers, start_answer_timer
from agw.hooks.upstream_tls import WantedTls
from agw.hooks.wire import mask_sent
from agw.policies.slow import SlowChecks
from agw.providers import provider_of_host
from agw.web.breakpoints import Breakpoints
from agw.web.looking import Looking

logger = logging.getLogger("agw")


class Calls:
    """``_served`` is None until the gateway runs."""

    def __init__(self) -> None:
        self._served: Served | None = None
        self._under_way: dict[str, Plan] = {}
        self._looking = Looking()
        self._breakpoints = Breakpoints(self._remember, self._complain)
        self._admin = Admin(self._serving)
        self._drain = Drain(lambda: len(self._under_way), self._leaving)
        self._counter = TokenCounter()
        self._timers = ConnectTimers()
        self._tls = WantedTls()
        self._slow = SlowChecks()
        self._last_complaint_s = 0.0

    def _serving(self) -> Served:
        assert self._served is not None
        return self._served

    def _leaving(self) -> None:
        """No more calls are taken: a load balancer that asks shall go elsewhere."""
        if self._served is not None:
            self._served.recording.leaving()

    # --- a call

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        served = self._served
        if served is None:
            return
        if not isinstance(flow.client_conn.proxy_mode, GatewayMode):
            unread.let_pass(flow, flow.request)
            return
        arrival.announced(flow, served)
        if not self._breakpoints.set and unread.passes_unread(flow, served):
            self._arrive(flow, served, arrival.arrived)
            unread.stream_request(flow)

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        served = self._served
        if served is None or flow.response is not None or flow.request.stream:
            return None
        if not isinstance(flow.client_conn.proxy_mode, GatewayMode):
            self._observe(flow, served)
            return None
        job = admit.slow_check(flow, served)
        if job is not None or self._breakpoints.set:
            return self._arrive_after(job, flow, served)
        self._arrive(flow, served, arrival.arrived)
        return None

    async def _arrive_after(self, job: Callable[[], None] | None, flow: http.HTTPFlow, served: Served) -> None:
        try:
            if job is not None:
                await self._slow.run(job)
        except AnswerError as error:
            self._answer(flow, served, error)
            return
        step = arrival.arrived
        if self._breakpoints.set:
            self._arrive(flow, served, arrival.admitted)
            if flow.response is not None or not await self._breakpoints.pass_by(flow, served):
                return
            step = arrival.go_on
        self._arrive(flow, served, step)

    def _arrive(self, flow: http.HTTPFlow, served: Served, step: Callable[[http.HTTPFlow, Served], Plan]) -> None:
        began_s = time.perf_counter()
        try:
            plan = step(flow, served)
            self._remember(flow, plan)
            plan.spent_s += time.perf_counter() - began_s
        except AnswerError as error:
            self._answer(flow, served, error)
        except Exception as error:
            # A hook that raises would let the request go on as it is.
            self._complain(error)
            self._answer(flow, served, InternalError("the gateway failed to handle this request"))

    async def gateway_attempt(self, flow: http.HTTPFlow) -> None:
        """The layer's own hook (layer.py): the next try of a call is to be made ready."""
        plan = plan_of(flow)
        if plan is None:
            return
        if plan.again:
            answers.cancel_timer(plan)
        try:
            if plan.must_estimate:
                await self._counter.answer(flow, plan)
                return
            if plan.must_reserve:
                await self._counter.reserve(plan)
            if plan.again and plan.tries is not None:
                plan.again = False
                await asyncio.sleep(plan.tries.wait_s)
                began_s = time.perf_counter()
                dispatch.make_ready(flow, plan)
                self._guard(flow, plan)
                plan.spent_s += time.perf_counter() - began_s
            if plan.credential is None and plan.source is not None:
                plan.credential = await plan.source.prepare()
            plan.needs_attempt_hook = False
        except AnswerError as error:
            self._answer(flow, plan.served, error)
        except Exception as error:
            self._complain(error)
            self._answer(flow, plan.served, InternalError("the gateway failed to handle this request"))

    def _answer(self, flow: http.HTTPFlow, served: Served, error: AnswerError) -> None:
        plan = plan_of(flow)
        if plan is None:
            plan = Plan(served)
            tie(flow, plan)
        answers.answer_locally(flow, plan, error)

    def _observe(self, flow: http.HTTPFlow, served: Served) -> None:
        if self._admin.is_asked_by(flow.request):
            flow.response = http.Response.make(403, "the admin page cannot be reached through the proxy itself")
            return
        try:
            provider = observe.known_provider(flow)
            plan = observe.watch(flow, served, provider) if provider else None
        except Exception as error:
            self._complain(error)
            return
        if plan is not None and plan.call is not None:
            self._under_way[flow.id] = plan
            self._looking.follow(flow, plan.call.ids.span_id)
            served.begin(plan.call)

    def _remember(self, flow: http.HTTPFlow, plan: Plan) -> None:
        if plan.call is not None and flow.id not in self._under_way:
            self._under_way[flow.id] = plan
            self._looking.follow(flow, plan.call.ids.span_id)
            if plan.call.request.api_type != "realtime":
                plan.served.begin(plan.call)
        self._guard(flow, plan)

    def _guard(self, flow: http.HTTPFlow, plan: Plan) -> None:
        """TLS and time limit of the try that is about to go out."""
        if plan.destination is not None:
            self._tls.want(flow.client_conn.id, plan.destination, plan.tls)
        if (limit_s := dispatch.time_limit_s(plan)) is not None:
            start_answer_timer(flow, plan, limit_s)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        self._mask_observed(flow)
        plan = plan_of(flow)
        if plan is None and flow.response is not None:
            unread.let_pass(flow, flow.response)
        if plan is not None and self._drain.begun and flow.response is not None:
            self._drain.mark(flow.response)
        if plan is None or flow.server_conn.timestamp_start is None:
            return
        try:
            answers.begin_answer(flow, plan)
        except Exception as error:
            self._complain(error)

    def response(self, flow: http.HTTPFlow) -> None:
        # A WebSocket's own end comes later.
        if (plan := plan_of(flow)) is not None and flow.websocket is None:
            self._end(flow, plan, failed=False)

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        plan = plan_of(flow)
        if plan is None:
            return
        try:
            realtime.message(flow, plan)
        except Exception as error:
            self._complain(error)

    def websocket_end(self, flow: http.HTTPFlow) -> None:
        plan = plan_of(flow)
        if plan is None:
            return
        self._under_way.pop(flow.id, None)
        try:
            realtime.ended(plan)
        except Exception as error:
            self._complain(error)

    def _mask_observed(self, flow: http.HTTPFlow) -> None:
        """Calls on the config's ports never have keys in their flow; what only passes has, until it has been sent."""
        plan = plan_of(flow)
        if isinstance(flow.client_conn.proxy_mode, GatewayMode):
            passes = plan is None or plan.tries is None
        else:
            passes = provider_of_host(flow.request.pretty_host) is not None
        if passes:
            mask_sent(flow.request)

    def error(self, flow: http.HTTPFlow) -> None:
        self._mask_observed(flow)
        if (plan := plan_of(flow)) is not None:
            self._end(flow, plan, failed=True)

    def _end(self, flow: http.HTTPFlow, plan: Plan, *, failed: bool) -> None:
        self._under_way.pop(flow.id, None)
        try:
            if failed:
                answers.failed(flow, plan)
            else:
                answers.end_answer(flow, plan)
        except Exception as error:
            self._complain(error)

    def _complain(self, error: Exception) -> None:
        """Our own mistakes never break traffic: told once a minute, without the error's own text, and raised under
        test."""
        if strict():
            raise error
        now_s = asyncio.get_running_loop().time()
        if now_s - self._last_complaint_s > 60 or self._last_complaint_s == 0:
            self._last_complaint_s = now_s
            logger.error(f"internal error, traffic goes on: {place_of(error)}")

    # --- connections

    def server_connect(self, data: server_hooks.ServerConnectionHookData) -> None:
        served = self._served
        if served is None or was_handed_out(data.server) or not isinstance(data.client.proxy_mode, GatewayMode):
            return
        self._timers.start(data, served.snapshot.connect_timeout_s)

    def server_connected(self, data: server_hooks.ServerConnectionHookData) -> None:
        self._timers.stop(data)

    def server_connect_error(self, data: server_hooks.ServerConnectionHookData) -> None:
        self._timers.stop(data)

    def tls_start_server(self, tls_start: tls.TlsData) -> None:
        self._tls.start(tls_start)

    def client_disconnected(self, client: object) -> None:
        self._tls.forget(client)
