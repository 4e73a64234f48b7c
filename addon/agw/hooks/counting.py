"""Answers a request to count tokens where no provider can: by the estimate of ``usage/estimate.py``, marked as one."""

from __future__ import annotations

import asyncio
import json

from mitmproxy import http

from agw.hooks import answers
from agw.hooks.plan import Plan
from agw.usage.estimate import HEADER, TokenEstimator, answer_of


class TokenCounter:
    """One for the whole run: a tokenizer's vocabulary is read once, when the first estimate is asked for."""

    def __init__(self) -> None:
        self._estimator: TokenEstimator | None = None

    async def answer(self, flow: http.HTTPFlow, plan: Plan) -> None:
        """Ends the call. In a thread, since a long prompt takes its time."""
        client = plan.client
        body = {} if client is None or client.body is None else client.body.values
        estimator = self._estimator
        if estimator is None:
            estimator = self._estimator = await asyncio.to_thread(TokenEstimator.load)
        estimate = await asyncio.to_thread(estimator.estimate, body)
        said = answer_of(client.api_type if client is not None else "", estimate.tokens)
        if plan.call is not None:
            plan.call.notes.append(f"tokens estimated: {estimate.method}")
        headers = {"content-type": "application/json", HEADER: f"estimated; method={estimate.method}"}
        answers.answer_with(flow, plan, http.Response.make(200, json.dumps(said), headers))
