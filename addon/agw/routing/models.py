"""Chooses who answers a model name in the short form ``llm:`` (agentgateway.md §1.10, errors §3.8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

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
        return _failover(route, virtual, head)
    target = _weighted(virtual, random) if virtual.kind is VirtualKind.WEIGHTED else _conditional(virtual, holds)
    return Backend(virtual.name, groups=(_targets(route, target, head),))


def choose_model(route: Route, model: str, head: RequestHead, *, internal: bool = False) -> ModelEntry:
    """The most specific entry; of equals, the first in the file. Raises ModelNotFound.

    ``internal`` entries are only for virtual models to name.
    """
    fitting = [
        entry
        for entry in route.models
        if model_fits(entry.pattern, model) and _headers_fit(entry, head) and (internal or entry.public)
    ]
    if not fitting:
        raise ModelNotFound(f"model not found: no entry of llm.models takes {model[:200]!r}")
    return max(fitting, key=lambda entry: (pattern_rank(entry.pattern), bool(entry.headers)))


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


def _failover(route: Route, virtual: VirtualModel, head: RequestHead) -> Backend:
    """One group for each priority. A target that no entry takes for this request is left out."""
    groups: dict[int, list[Target]] = {}
    for one in virtual.targets:
        try:
            groups.setdefault(one.priority, []).extend(_targets(route, one, head))
        except VirtualTargetNotFound:
            continue
    made = tuple(tuple(groups[priority]) for priority in sorted(groups) if groups[priority])
    if not made:
        raise VirtualTargetNotFound(f"no target of the virtual model {virtual.name!r} is an entry of llm.models")
    return Backend(virtual.name, groups=made)


def _targets(route: Route, wanted: VirtualTarget, head: RequestHead) -> tuple[Target, ...]:
    """Those of the entry that takes the name; an entry without a model of its own sends the name itself."""
    try:
        entry = choose_model(route, wanted.model, head, internal=True)
    except ModelNotFound:
        raise VirtualTargetNotFound(
            f"the virtual model's target {wanted.model!r} is no entry of llm.models for this request"
        ) from None
    return tuple(
        replace(one, name=wanted.model, model=one.model or wanted.model)
        for group in entry.backend.groups
        for one in group
    )
