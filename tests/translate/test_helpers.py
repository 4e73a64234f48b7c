"""What every spoke builds on: seals, tool arguments, merged turns."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from agw.translate import seals, tools, turns
from agw.translate.neutral import Maker, Role, Seal, Text, Tool, ToolCall, ToolResult, Turn

_SEALS = st.builds(
    Seal,
    maker=st.sampled_from(Maker),
    value=st.text(),
    redacted=st.booleans(),
    id=st.none() | st.from_regex(r"rs_[0-9a-f]{1,20}", fullmatch=True),
)


@given(_SEALS, st.sampled_from(Maker))
def test_a_foreign_seal_comes_back_whole_from_a_clients_opaque_string(seal: Seal, native: Maker) -> None:
    if seal.maker is not native:
        assert seals.unwrap(seals.wrap(seal, native), native) == seal


def test_a_native_seal_is_bare_in_both_ways() -> None:
    seal = Seal(Maker.ANTHROPIC, "EqQBCgIYAhIM")
    assert seals.wrap(seal, Maker.ANTHROPIC) == "EqQBCgIYAhIM"
    assert seals.unwrap("EqQBCgIYAhIM", Maker.ANTHROPIC) == seal


def test_what_only_looks_like_ours_is_the_clients_own() -> None:
    for value in ("agw.", "agw.nobody.sealed..x", "agw.openai", "agw.openai.sealed"):
        assert seals.unwrap(value, Maker.ANTHROPIC) == Seal(Maker.ANTHROPIC, value)


def test_arguments_are_an_object_or_nothing() -> None:
    assert tools.as_object("") == {}
    assert tools.as_object(' {"a": 1}') == {"a": 1}
    for broken in ("[1]", "{", '"text"', "[" * 100_000):
        assert tools.as_object(broken) is None


@given(st.text())
def test_a_custom_tools_text_survives_as_the_argument_of_a_function(text: str) -> None:
    call = ToolCall("c", "apply_patch", text, custom=True)
    arguments = tools.as_function_arguments(call)
    assert json.loads(arguments) == {"input": text}
    assert tools.custom_input(arguments) == text


def test_a_custom_tools_grammar_is_told_to_the_model() -> None:
    function = tools.as_function(Tool("apply_patch", "Patches.", custom=True, grammar="start: /x/"))
    assert function.schema is not None
    assert function.schema["required"] == ["input"]
    assert function.description == "Patches.\n\nThe input must follow this lark grammar:\nstart: /x/"


def test_turns_alternate_and_results_open_the_users_turn() -> None:
    result = ToolResult("c1", (Text("42"),))
    given_turns = [
        Turn(Role.USER, (Text("a"),)),
        Turn(Role.USER, (Text("b"), result)),
        Turn(Role.ASSISTANT, ()),
        Turn(Role.USER, (Text("c"),)),
        Turn(Role.ASSISTANT, (Text("d"),)),
    ]
    assert turns.merged(given_turns) == [
        Turn(Role.USER, (result, Text("a"), Text("b"), Text("c"))),
        Turn(Role.ASSISTANT, (Text("d"),)),
    ]
