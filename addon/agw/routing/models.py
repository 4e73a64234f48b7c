"""Chooses the entry of ``llm.models`` for a model name (agentgateway.md §1.10)."""

from __future__ import annotations

from agw.config.patterns import model_fits, pattern_rank
from agw.config.snapshot import ModelEntry, Route
from agw.errors import ModelNotFound
from agw.routing.head import RequestHead
from agw.routing.match import values_fit


def choose_model(route: Route, model: str, head: RequestHead) -> ModelEntry:
    """The most specific entry; of equals, the first in the file. Raises ModelNotFound."""
    fitting = [entry for entry in route.models if model_fits(entry.pattern, model) and _headers_fit(entry, head)]
    if not fitting:
        raise ModelNotFound(f"model not found: no entry of llm.models takes {model[:200]!r}")
    return max(fitting, key=lambda entry: (pattern_rank(entry.pattern), bool(entry.headers)))


def _headers_fit(entry: ModelEntry, head: RequestHead) -> bool:
    if not entry.headers:
        return True
    return any(all(values_fit(one, head.headers(one.name)) for one in together) for together in entry.headers)
