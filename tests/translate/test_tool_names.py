"""Tool names that a provider refuses: changed on the way there, the client's own on the way back."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from agw.translate.neutral import Request, Tool
from agw.translate.tool_names import ToolNames

REFUSED = re.compile(r"[^a-zA-Z0-9_-]")


@given(st.lists(st.text(max_size=80), max_size=8))
def test_every_name_is_allowed_and_comes_back(names):
    asked = Request("m", (), "openai", tools=tuple(Tool(name) for name in names))
    sent = ToolNames(asked, REFUSED, 64)
    read = ToolNames(asked, REFUSED, 64)
    for name in names:
        wire = sent.wire(name)
        assert re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}", wire), wire
        assert read.client(wire) == name


def test_a_name_that_is_right_is_never_changed():
    asked = Request("m", (), "openai", tools=(Tool("get weather"), Tool("get_weather")))
    names = ToolNames(asked, REFUSED, 64)
    assert names.wire("get_weather") == "get_weather"
    assert names.wire("get weather").startswith("get_weather_")
    assert names.client("never heard of") == "never heard of"
