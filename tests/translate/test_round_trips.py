"""What a format can say of a request, it says without a loss: written by one side, read by the other, it is the same."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agw.translate.base import Losses
from agw.translate.neutral import (
    CacheMark,
    Choosing,
    File,
    Image,
    Maker,
    OutputFormat,
    Reasoning,
    Request,
    Role,
    Sampling,
    Seal,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from agw.translate.registry import SPOKES

FORMATS = ("completions", "messages", "responses")
OWN = {"messages": Maker.ANTHROPIC, "responses": Maker.OPENAI}
CLOSED = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}

_words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=8)
_texts = _words.map(Text)
_images = st.sampled_from([Image(url="https://example.com/a.png"), Image(data="aGk=", mime="image/png")])
_files = st.just(File(data="JVBERg==", mime="application/pdf", filename="a.pdf"))
_json = st.dictionaries(_words, st.integers() | _words, max_size=2).map(
    lambda one: json.dumps(one, separators=(",", ":"), ensure_ascii=False)
)


@st.composite
def requests(draw: st.DrawFn, form: str) -> Request:
    """An agent's conversation, in the parts that this format has."""
    turns: list[Turn] = []
    ids = itertools.count()
    for _ in range(draw(st.integers(1, 3))):
        turns.append(Turn(Role.USER, tuple(draw(st.lists(_texts | _images | _files, min_size=1, max_size=3)))))
        said: list[Any] = []
        if form in OWN:
            sealed = st.builds(
                lambda text, value: Reasoning(
                    text,
                    Seal(OWN[form], value, id="rs_1" if form == "responses" else None),
                    summary=form == "responses",
                ),
                _words,
                _words,
            )
            said += draw(st.lists(sealed, max_size=1))
        said.append(draw(_texts))
        calls = [
            ToolCall(f"call_{next(ids)}", draw(st.sampled_from(["f", "g"])), draw(_json))
            for _ in range(draw(st.integers(0, 2)))
        ]
        turns.append(Turn(Role.ASSISTANT, (*said, *calls)))
        if calls:
            turns.append(Turn(Role.USER, tuple(ToolResult(call.id, (draw(_texts),)) for call in calls)))
    return Request(
        model="m",
        turns=tuple(turns),
        family="anthropic" if form == "messages" else "openai",
        system=tuple(draw(st.lists(_texts, max_size=1))),
        tools=(Tool("f", "Does f.", CLOSED, strict=True), Tool("g", None, {"type": "object", "properties": {}}, strict=None if form != "responses" else False)),
        tool_choice=draw(st.sampled_from([None, ToolChoice(Choosing.AUTO), ToolChoice(Choosing.REQUIRED), ToolChoice(Choosing.NAMED, "f")])),
        # From what every API gives; OpenAI has a least one.
        sampling=Sampling(max_tokens=draw(st.integers(16, 9999)), temperature=draw(st.sampled_from([None, 0.5]))),
        output=draw(st.sampled_from([None, OutputFormat(CLOSED, None if form == "messages" else "answer", strict=True)])),
        user=draw(st.none() | _words),
        stream=draw(st.booleans()),
    )  # fmt: skip


def _settled(request: Request) -> Request:
    """As every format reads it: one turn per item is the same conversation as one turn for all of them."""
    turns: list[Turn] = []
    for turn in request.turns:
        if turns and turns[-1].role is turn.role:
            turns[-1] = Turn(turn.role, (*turns[-1].parts, *turn.parts))
        else:
            turns.append(turn)
    images = [
        Turn(turn.role, tuple(replace(p, detail=None) if isinstance(p, Image) else p for p in turn.parts))
        for turn in turns
    ]
    return replace(request, turns=tuple(images), echo={}, include_usage=False)


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_a_request_survives_its_own_format(form: str, data: st.DataObject) -> None:
    request = data.draw(requests(form))
    written = SPOKES[form].write_request(request, losses := Losses())
    read = SPOKES[form].read_request(written, losses)
    assert losses.names == ()
    assert _settled(replace(read, extra={})) == _settled(request)


@pytest.mark.parametrize(("form", "between"), list(itertools.permutations(FORMATS, 2)))
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_what_is_said_survives_another_format(form: str, between: str, data: st.DataObject) -> None:
    """Roles, texts, pictures, calls with their ids and arguments, and results come through any wire."""
    request = data.draw(requests(form))
    request = replace(request, user=None, output=None)
    written = SPOKES[between].write_request(request, Losses())
    read = SPOKES[between].read_request(written, Losses())

    def spoken(one: Request) -> list[tuple[Role, list[Any]]]:
        return [
            (turn.role, [part for part in turn.parts if not isinstance(part, Reasoning)])
            for turn in _settled(one).turns
        ]

    assert spoken(read) == spoken(request)
    assert read.system == request.system
    assert [tool.name for tool in read.tools if isinstance(tool, Tool)] == ["f", "g"]
    assert (read.tool_choice, read.sampling.max_tokens) == (request.tool_choice, request.sampling.max_tokens)


@pytest.mark.parametrize(
    ("model", "kept"), [("gpt-5.6", True), ("anthropic/claude-sonnet-4.5", True), ("gpt-4o", False)]
)
def test_a_cache_mark_goes_where_the_model_takes_it(model: str, kept: bool) -> None:
    marked = Turn(Role.USER, (Text("Long", cache=CacheMark()),))
    request = Request(model=model, turns=(marked,), family="anthropic", sampling=Sampling(max_tokens=9))
    written = SPOKES["completions"].write_request(request, losses := Losses())
    read = SPOKES["completions"].read_request(written, Losses())
    assert (read.turns == (marked,)) is kept
    assert losses.names == (() if kept else ("cache_control",))
