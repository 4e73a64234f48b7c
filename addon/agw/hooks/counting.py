"""Tokens by the estimate of ``usage/estimate.py``: answers a request to count them where no provider can, marked as an
estimate; and draws those of a call from the client's limits before it is sent."""

from __future__ import annotations

import asyncio
import json

from mitmproxy import http

from agw.hooks import answers
from agw.hooks.plan import Plan
from agw.usage.estimate import HEADER, Estimate, TokenEstimator, answer_of


class TokenCounter:
    """One for the whole run: a tokenizer's vocabulary is read once, when the first estimate is asked for."""

    def __init__(self) -> None:
        self._estimator: TokenEstimator | None = None

    async def estimate(self, plan: Plan) -> Estimate:
        """Of the client's body. In a thread, since a long prompt takes its time."""
        client = plan.client
        body = {} if client is None or client.body is None else client.body.values
        estimator = self._estimator
        if estimator is None:
            estimator = self._estimator = await asyncio.to_thread(TokenEstimator.load)
        return await asyncio.to_thread(estimator.estimate, body)

    async def reserve(self, plan: Plan) -> None:
        """Draws the estimate from the client's limits, once. Raises RateLimited."""
        plan.must_reserve = False
        if plan.admitted is None or plan.admitted.reserve is None:
            return
        tokens = (await self.estimate(plan)).tokens
        plan.admitted.reserve(tokens, plan.served.clock.monotonic_s())
        plan.reserved_tokens = tokens

    async def answer(self, flow: http.HTTPFlow, plan: Plan) -> None:
        """Ends the call."""
        estimate = await self.estimate(plan)
        said = answer_of(plan.client.api_type if plan.client is not None else "", estimate.tokens)
        if plan.call is not None:
            plan.call.notes.append(f"tokens estimated: {estimate.method}")
        headers = {"content-type": "application/json", HEADER: f"estimated; method={estimate.method}"}
        answers.answer_with(flow, plan, http.Response.make(200, json.dumps(said), headers))
