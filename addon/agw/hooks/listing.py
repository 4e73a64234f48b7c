"""``GET /v1/models``, answered by the gateway where its config knows the models."""

from __future__ import annotations

import json

from mitmproxy import http

from agw.errors import ModelNotFound
from agw.hooks.plan import Plan
from agw.routing import RequestHead, Routed
from agw.routing.listing import model_names, models_answer


def answer_models(flow: http.HTTPFlow, plan: Plan, routed: Routed, head: RequestHead) -> bool:
    """True where it has answered: always for the short form ``llm:``, elsewhere where ``policies.ai.routes`` makes the
    path one of type ``models`` and the route knows a model. Raises ModelNotFound for a model that is not listed."""
    if head.method != "GET" or not _asks_for_models(routed, head.path):
        return False
    admitted = plan.admitted
    names = model_names(routed.route, (lambda _: True) if admitted is None else admitted.may_use)
    if not names and not routed.route.models:
        return False
    body = models_answer(
        head.path, "anthropic-version" in flow.request.headers, names, plan.served.since_ns // 1_000_000_000
    )
    if body is None:
        raise ModelNotFound("model not found: no entry of llm.models has this name")
    flow.response = http.Response.make(200, json.dumps(body), {"content-type": "application/json"})
    return True


def _asks_for_models(routed: Routed, path: str) -> bool:
    before, models, name = path.rstrip("/").rpartition("/models")
    if not models or (name and not name.startswith("/")):
        return False
    if routed.route.models:
        return True
    policy = routed.route.policies.ai
    kinds = [] if policy is None else [kind for suffix, kind in policy.routes if (before + models).endswith(suffix)]
    return kinds[:1] == ["models"]
