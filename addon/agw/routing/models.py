"""Chooses who answers a model name in the short form ``llm:`` (agentgateway.md §1.10, errors §3.8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agw.cel import Expression
from agw.config.patterns import model_fits, pattern_rank
from agw.config.snapshot import Backend, ModelEntry, Route, Target, VirtualKind, VirtualModel, VirtualTarget
from agw.errors import MissingModel, ModelNotFound, NoMatchingTarget, VirtualTargetNotFound
from agw.routing.head import RequestHead
from agw.routing.match import values_fit


def backend_for(
    route: Route,
    model: str | None,
    head: RequestHead,
    *,
    random: Callable[[], float],
    holds: Callable[[Expression], bool],
) -> Backend:
    """The backend for the model that an app asks for: that of an entry, or of what a virtual model stands for.

    ``random`` gives a float in [0, 1); ``holds`` evaluates a condition for this request. Raises MissingModel,
    ModelNotFound, VirtualTargetNotFound or NoMatchingTarget.
    """
    if not model:
        raise MissingModel("failed to process LLM request: missing field: model not specified")
    virtual = next((one for one in route.virtual_models if one.name == model), None)
    if virtual is None:
        return choose_model(route, model, head).backend
    if virtual.kind is VirtualKind.FAILOVER:
        return _failover(virtual, head)
    target = _weighted(virtual, random) if virtual.kind is VirtualKind.WEIGHTED else _conditional(virtual, holds)
    entry = _most_specific(target.entries, head)
    if entry is None:
        raise VirtualTargetNotFound(
            f"the virtual model's target {target.model!r} is no entry of llm.models for this request"
        )
    return entry.backend


def choose_model(route: Route, model: str, head: RequestHead) -> ModelEntry:
    """The most specific entry; of equals, the first in the file. Internal ones are only for virtual models to name.

    Raises ModelNotFound.
    """
    entries = [entry for entry in route.models if entry.public and model_fits(entry.pattern, model)]
    found = _most_specific(entries, head)
    if found is None:
        raise ModelNotFound(f"model not found: no entry of llm.models takes {model[:200]!r}")
    return found


def _most_specific(entries: Sequence[ModelEntry], head: RequestHead) -> ModelEntry | None:
    fitting = [entry for entry in entries if _headers_fit(entry, head)]
    return max(fitting, key=lambda entry: (pattern_rank(entry.pattern), bool(entry.headers)), default=None)


def _headers_fit(entry: ModelEntry, head: RequestHead) -> bool:
    if not entry.headers:
        return True
    return any(all(values_fit(one, head.headers(one.name)) for one in together) for together in entry.headers)


def _weighted(virtual: VirtualModel, random: Callable[[], float]) -> VirtualTarget:
    point = random() * sum(one.weight for one in virtual.targets)
    for one in virtual.targets:
        point -= one.weight
        if point < 0:
            return one
    raise NoMatchingTarget(f"no target of the virtual model {virtual.name!r} has a weight above 0")


def _conditional(virtual: VirtualModel, holds: Callable[[Expression], bool]) -> VirtualTarget:
    for one in virtual.targets:
        if one.when is None or holds(one.when):
            return one
    raise NoMatchingTarget(f"no condition of the virtual model {virtual.name!r} fits this request")


def _failover(virtual: VirtualModel, head: RequestHead) -> Backend:
    """One group for each priority. A target that no entry takes for this request is left out."""
    groups: dict[int, list[Target]] = {}
    for one in virtual.targets:
        entry = _most_specific(one.entries, head)
        if entry is not None:
            groups.setdefault(one.priority, []).extend(target for group in entry.backend.groups for target in group)
    if not groups:
        raise VirtualTargetNotFound(f"no target of the virtual model {virtual.name!r} is an entry of llm.models")
    return Backend(virtual.name, groups=tuple(tuple(groups[priority]) for priority in sorted(groups)))
