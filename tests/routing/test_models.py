"""Which entry of ``llm.models`` answers a model name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agw.cel import compile_expression
from agw.config.patterns import model_fits
from agw.config.snapshot import (
    Backend,
    ModelEntry,
    Route,
    Target,
    ValueMatch,
    VirtualKind,
    VirtualModel,
    VirtualTarget,
)
from agw.config.virtual_models import _renamed
from agw.errors import MissingModel, ModelNotFound, NoMatchingTarget, VirtualTargetNotFound
from agw.routing import RequestHead
from agw.routing.models import backend_for, choose_model


def head(**headers):
    return RequestHead.of("POST", "/v1/chat/completions", "h", lambda name: [headers[name]] if name in headers else [])


def entries(*patterns):
    return Route("r", models=tuple(ModelEntry(one, Backend(one)) for one in patterns))


@pytest.mark.parametrize(
    ("model", "taken"),
    [("gpt-4o", "gpt-4o"), ("gpt-4o-mini", "gpt-4*"), ("gpt-5", "gpt-*"), ("x-mini", "*-mini"), ("other", "*")],
)
def test_the_most_specific_pattern_wins(model, taken):
    assert choose_model(entries("*", "gpt-*", "gpt-4*", "*-mini", "gpt-4o"), model, head()).pattern == taken


def test_no_pattern_is_model_not_found():
    with pytest.raises(ModelNotFound, match="claude"):
        choose_model(entries("gpt-*"), "claude", head())


def test_an_entry_with_headers_is_taken_only_with_them_and_then_first():
    wanted = ModelEntry("m", Backend("vip"), headers=((ValueMatch("x-tier", "vip"),),))
    route = Route("r", models=(ModelEntry("m", Backend("plain")), wanted))
    assert choose_model(route, "m", head(**{"x-tier": "vip"})).backend.name == "vip"
    assert choose_model(route, "m", head()).backend.name == "plain"


def test_an_internal_entry_cannot_be_asked_for_and_hides_no_public_one():
    route = Route("r", models=(ModelEntry("m", Backend("hidden"), public=False), ModelEntry("*", Backend("all"))))
    assert choose_model(route, "m", head()).backend.name == "all"


def served(pattern, provider="openAI", model=None, **said):
    return ModelEntry(pattern, Backend(pattern, groups=((Target(pattern, provider, model),),)), **said)


MODELS = (
    served("gpt-*"),
    served("claude", "anthropic", "claude-sonnet-4-5", public=False),
    served("vip", headers=((ValueMatch("x-tier", "vip"),),)),
)


def virtual(kind, *targets):
    """Targets with the entries that the config would find for them."""
    found = tuple(
        replace(
            one, entries=tuple(_renamed(entry, one.model) for entry in MODELS if model_fits(entry.pattern, one.model))
        )
        for one in targets
    )
    return Route("r", models=MODELS, virtual_models=(VirtualModel("smart", kind, found),))


def backend(route, model="smart", point=0.0, true=(), **headers):
    return backend_for(
        route, model, head(**headers), random=lambda: point, holds=lambda expression: expression.source in true
    )


def asked(found):
    return [[(target.provider, target.model) for target in group] for group in found.groups]


@pytest.mark.parametrize("model", [None, ""])
def test_no_model_at_all_is_told_with_its_code(model):
    with pytest.raises(MissingModel) as caught:
        backend(Route("r", models=MODELS), model)
    assert (caught.value.status, caught.value.code) == (400, "missing_model")


def test_a_plain_name_is_the_entrys_own_backend():
    assert backend(Route("r", models=MODELS), "gpt-4o") is MODELS[0].backend


@pytest.mark.parametrize(("point", "model"), [(0.0, "gpt-4o"), (0.74, "gpt-4o"), (0.75, "claude-sonnet-4-5")])
def test_a_weighted_model_draws_by_weight(point, model):
    route = virtual(VirtualKind.WEIGHTED, VirtualTarget("gpt-4o", weight=3), VirtualTarget("claude", weight=1))
    ((target,),) = backend(route, point=point).groups
    assert target.model == model


def test_a_failover_model_has_a_group_for_each_priority_and_sends_the_targets_name():
    route = virtual(
        VirtualKind.FAILOVER,
        VirtualTarget("gpt-4o", priority=0),
        VirtualTarget("gpt-5", priority=0),
        VirtualTarget("claude", priority=1),
    )
    found = backend(route)
    assert asked(found) == [[("openAI", "gpt-4o"), ("openAI", "gpt-5")], [("anthropic", "claude-sonnet-4-5")]]
    assert [target.name for group in found.groups for target in group] == ["gpt-4o", "gpt-5", "claude"]


def test_a_conditional_model_takes_the_first_condition_that_holds_and_the_last_may_have_none():
    one, two = (compile_expression(f'request.headers["x"] == "{n}"') for n in (1, 2))
    route = virtual(
        VirtualKind.CONDITIONAL,
        VirtualTarget("claude", when=one),
        VirtualTarget("gpt-5", when=two),
        VirtualTarget("gpt-4o"),
    )
    assert asked(backend(route, true=(one.source, two.source))) == [[("anthropic", "claude-sonnet-4-5")]]
    assert asked(backend(route, true=(two.source,))) == [[("openAI", "gpt-5")]]
    assert asked(backend(route)) == [[("openAI", "gpt-4o")]]


def test_no_condition_that_holds_is_told_with_its_code():
    when = compile_expression("false")
    with pytest.raises(NoMatchingTarget) as caught:
        backend(virtual(VirtualKind.CONDITIONAL, VirtualTarget("claude", when=when)))
    assert (caught.value.status, caught.value.code) == (400, "virtual_model_no_matching_target")


def test_a_target_that_needs_other_headers_is_told_or_left_out():
    with pytest.raises(VirtualTargetNotFound) as caught:
        backend(virtual(VirtualKind.WEIGHTED, VirtualTarget("vip")))
    assert (caught.value.status, caught.value.code) == (404, "virtual_model_target_not_found")
    route = virtual(VirtualKind.FAILOVER, VirtualTarget("vip"), VirtualTarget("gpt-5", priority=1))
    assert asked(backend(route)) == [[("openAI", "gpt-5")]]
    assert len(backend(route, **{"x-tier": "vip"}).groups) == 2
    with pytest.raises(VirtualTargetNotFound):
        backend(virtual(VirtualKind.FAILOVER, VirtualTarget("vip")))


def test_a_virtual_models_targets_are_the_same_objects_at_every_call():
    """What is kept by target (health, merged policies) would grow without end, and be mistaken, otherwise."""
    route = virtual(VirtualKind.FAILOVER, VirtualTarget("gpt-4o"), VirtualTarget("claude", priority=1))
    first, second = backend(route), backend(route)
    assert all(one[0] is other[0] for one, other in zip(first.groups, second.groups, strict=True))
