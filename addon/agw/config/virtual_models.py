"""``llm.virtualModels``: names that stand for entries of ``llm.models`` (agentgateway.md §1.10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agw.config.expressions import expression
from agw.config.patterns import model_fits
from agw.config.reader import At
from agw.config.snapshot import ModelEntry, VirtualKind, VirtualModel, VirtualTarget


def virtual_models(at: At, models: Sequence[ModelEntry]) -> tuple[VirtualModel, ...]:
    found: dict[str, VirtualModel] = {}
    for one in at.items():
        name = one["name"].text() or ""
        if name in found or any(entry.pattern == name for entry in models):
            one["name"].wrong("two models have this name", "give one of them another")
        found[name] = _virtual(one, name, models)
    return tuple(found.values())


def _virtual(at: At, name: str, models: Sequence[ModelEntry]) -> VirtualModel:
    kind = next((one for one in VirtualKind if at["routing"][one.value]), VirtualKind.WEIGHTED)
    place = at["routing"][kind.value]["targets"]
    targets = [_target(one, models) for one in place.items()]
    if place and not targets:
        place.wrong("a virtual model without targets", "write targets: [{model: NAME}]")
    elif kind is VirtualKind.WEIGHTED and targets and not sum(one.weight for one in targets):
        place.wrong("every weight is 0", "give one of them a weight")
    elif kind is VirtualKind.CONDITIONAL:
        for one in list(place.items())[:-1]:
            if not one["when"]:
                one.wrong("'when' is missing", "only the last target may go without a condition")
    if kind is VirtualKind.FAILOVER:
        targets.sort(key=lambda one: one.priority)
    return VirtualModel(name, kind, tuple(targets))


def _target(at: At, models: Sequence[ModelEntry]) -> VirtualTarget:
    model = at["model"].text() or ""
    entries = tuple(_renamed(entry, model) for entry in models if model_fits(entry.pattern, model))
    if not entries:
        at["model"].wrong("no entry of llm.models takes this model", "write a name that one of them takes")
    weight = at["weight"].number()
    return VirtualTarget(
        model, entries, 1 if weight is None else weight, at["priority"].number() or 0, expression(at["when"])
    )


def _renamed(entry: ModelEntry, model: str) -> ModelEntry:
    """The entry as it answers ``model``: without a model of its own it sends that name, not the virtual one."""
    groups = tuple(
        tuple(replace(one, name=model, model=one.model or model) for one in group) for group in entry.backend.groups
    )
    return replace(entry, backend=replace(entry.backend, groups=groups))
