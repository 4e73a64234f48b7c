"""The list of models, in the words of each API."""

from __future__ import annotations

import pytest
from anthropic.types import ModelInfo
from openai.types import Model

from agw.config.snapshot import (
    AiPolicy,
    Backend,
    ModelEntry,
    Policies,
    Route,
    Target,
    VirtualKind,
    VirtualModel,
)
from agw.routing.listing import model_names, models_answer

LLM = Route(
    "r",
    models=(
        ModelEntry("fast", Backend("a")),
        ModelEntry("gpt-*", Backend("b")),
        ModelEntry("hidden", Backend("c"), public=False),
        ModelEntry("fast", Backend("d")),
    ),
    virtual_models=(VirtualModel("smart", VirtualKind.FAILOVER, ()),),
)


def test_public_names_and_virtual_ones_are_listed_once():
    assert model_names(LLM) == ("fast", "smart")
    assert model_names(LLM, may_see=lambda name: name == "smart") == ("smart",)


def test_a_route_knows_its_aliases_and_the_models_of_its_targets():
    aliases = Policies(ai=AiPolicy(model_aliases=(("quick", "gpt-4o-mini"), ("gpt-*", "gpt-4o"))))
    groups = ((Target("a", "openAI", "gpt-4o"), Target("b", "openAI")), (Target("c", "openAI", "gpt-4o"),))
    route = Route("r", policies=aliases, backends=(Backend("x", groups=groups), Backend("h", host=("h", 1))))
    assert model_names(route) == ("quick", "gpt-4o")


@pytest.mark.parametrize("path", ["/v1/models", "/models", "/x/v1/models/"])
def test_openais_list(path):
    found = models_answer(path, False, ("a", "b"), 1700000000)
    assert found == {
        "object": "list",
        "data": [{"id": name, "object": "model", "created": 1700000000, "owned_by": "openai"} for name in ("a", "b")],
    }
    assert [Model.model_validate(one).id for one in found["data"]] == ["a", "b"]


def test_anthropics_list():
    found = models_answer("/v1/models", True, ("a", "b"), 1700000000)
    assert found is not None
    assert (found["has_more"], found["first_id"], found["last_id"]) == (False, "a", "b")
    assert ModelInfo.model_validate(found["data"][0]).created_at.timestamp() == 1700000000
    assert models_answer("/v1/models", True, (), 0) == {
        "data": [],
        "has_more": False,
        "first_id": None,
        "last_id": None,
    }


def test_geminis_list_is_known_by_its_path():
    found = models_answer("/v1beta/models", False, ("a",), 0)
    assert found is not None
    assert [one["name"] for one in found["models"]] == ["models/a"]


def test_one_model_is_told_and_an_unknown_one_is_not():
    assert models_answer("/v1/models/a/b", False, ("a/b",), 5) == {
        "id": "a/b",
        "object": "model",
        "created": 5,
        "owned_by": "openai",
    }
    assert models_answer("/v1/models/a", True, ("a",), 5)["id"] == "a"
    assert models_answer("/v1beta/models/a", False, ("a",), 5)["name"] == "models/a"
    assert models_answer("/v1/models/c", False, ("a",), 5) is None
