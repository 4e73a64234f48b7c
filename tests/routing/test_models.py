"""Which entry of ``llm.models`` answers a model name."""

from __future__ import annotations

import pytest

from agw.config.snapshot import Backend, ModelEntry, Route, ValueMatch
from agw.errors import ModelNotFound
from agw.routing import RequestHead
from agw.routing.models import choose_model


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
