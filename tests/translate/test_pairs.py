"""All pairs of four formats: the official SDKs accept every answer, and a stream says what the whole answer says."""

from __future__ import annotations

import base64
import itertools
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agw.translate.base import Losses
from agw.translate.neutral import (
    Answer,
    Choice,
    Citation,
    Maker,
    Reasoning,
    Refusal,
    Request,
    Seal,
    Stop,
    Text,
    ToolCall,
)
from agw.translate.registry import SPOKES, translator
from agw.usage import Usage
from support.neutral_streams import deltas_of
from support.sdk_folds import checked, events_of, folded

PAIRS = list(itertools.permutations(("completions", "messages", "responses", "generateContent"), 2))
REQUESTS: dict[str, dict[str, Any]] = {
    "completions": {
        "model": "asked-model",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    },
    "messages": {
        "model": "asked-model",
        "messages": [{"role": "user", "content": "Hi"}],
        "max_tokens": 99,
        "stream": True,
    },
    "responses": {"model": "asked-model", "input": "Hi", "stream": True},
    "generateContent": {"model": "asked-model", "contents": [{"parts": [{"text": "Hi"}]}], "stream": True},
}
MAKERS = {
    "completions": Maker.COMPLETIONS,
    "messages": Maker.ANTHROPIC,
    "responses": Maker.OPENAI,
    "generateContent": Maker.GOOGLE,
}

_words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=12)
_arguments = st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3), max_size=3).map(
    lambda one: json.dumps(one, separators=(",", ":"), ensure_ascii=False)
)
_usages = st.builds(
    lambda read, written, rest, out, thought: Usage(
        input_tokens=read + written + rest,
        output_tokens=out + thought,
        total_tokens=read + written + rest + out + thought,
        cache_read_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=thought,
    ),
    *[st.integers(0, 1000)] * 5,
)


def _reasoning(wire: str) -> st.SearchStrategy[Reasoning]:
    maker = MAKERS[wire]
    if wire == "completions":
        # Details that prove nothing are not kept; those that do are JSON.
        values = st.just("") | _words.map(
            lambda one: json.dumps([{"type": "reasoning.text", "text": one, "signature": "s", "index": 0}])
        )
    elif wire == "generateContent":
        values = _words.map(lambda one: base64.b64encode(one.encode()).decode())
    else:
        values = _words
    return st.builds(lambda text, value: Reasoning(text, Seal(maker, value)), _words, values)


@st.composite
def answers(draw: st.DrawFn, wire: str) -> Answer:
    """Answers that a provider of this wire could give, in the order in which its format tells them."""
    parts: list[Any] = draw(st.lists(_reasoning(wire), max_size=1))
    refused = draw(st.booleans())
    parts += draw(
        st.lists(
            st.builds(Refusal if refused and wire not in ("messages", "generateContent") else Text, _words), max_size=1
        )
    )
    names = draw(st.lists(st.sampled_from(["f", "g_2", "get-weather"]), max_size=3))
    parts += [ToolCall(f"call_{index}", name, draw(_arguments)) for index, name in enumerate(names)]
    stops = [Stop.LENGTH] if wire != "completions" else [Stop.LENGTH, Stop.FILTER]
    end = Stop.TOOL_CALLS if names else Stop.REFUSAL if any(isinstance(p, Refusal) for p in parts) else Stop.END
    return Answer(
        choices=(Choice(tuple(parts), draw(st.sampled_from([end, *stops]))),),
        id="resp_1" if wire == "responses" else "id_1",
        model="told-model",
        created=None if wire in ("messages", "generateContent") else 1_700_000_000,
        usage=draw(_usages),
    )


def _asked(wire: str) -> Request:
    return SPOKES[wire].read_request(REQUESTS[wire], Losses())


def _whole(wire: str, answer: Answer) -> dict[str, Any]:
    return SPOKES[wire].write_answer(answer, _asked(wire), Losses())


def _stream(wire: str, answer: Answer, sizes: list[int]) -> list[bytes]:
    cutter = itertools.cycle(sizes)

    def cut(text: str) -> list[str]:
        pieces, at = [], 0
        while at < len(text):
            size = next(cutter)
            pieces.append(text[at : at + size])
            at += size
        return pieces

    writer = SPOKES[wire].stream_writer(_asked(wire), Losses())
    return [data for delta in deltas_of(answer, cut) for data in writer.write(delta)]


def _comparable(client: str, body: dict[str, Any]) -> dict[str, Any]:
    """Without what is a matter of taste: clocks, and members that are null or empty in one of the two."""

    def tidy(value: Any) -> Any:
        if isinstance(value, dict):
            dropped = ("created", "created_at", "object", "index")
            kept = {key: tidy(one) for key, one in value.items() if key not in dropped}
            return {key: one for key, one in kept.items() if one not in (None, "", [], {})}
        return [tidy(one) for one in value] if isinstance(value, list) else value

    return tidy(body)


@pytest.mark.parametrize(("client", "wire"), PAIRS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_the_sdk_takes_the_answer_and_its_stream_says_the_same(client: str, wire: str, data: st.DataObject) -> None:
    answer = data.draw(answers(wire))
    sizes = data.draw(st.lists(st.integers(1, 7), min_size=1, max_size=5))
    unary = translator(client, wire)
    unary.request(REQUESTS[client])
    whole = checked(client, unary.answer(_whole(wire, answer)))
    streamed = translator(client, wire)
    streamed.request(REQUESTS[client])
    pieces = [out for event in events_of(_stream(wire, answer, sizes)) for out in streamed.event(event)]
    pieces += streamed.end()
    assert streamed.end() == []
    assert _comparable(client, folded(client, pieces)) == _comparable(client, whole)
    assert streamed.dropped == unary.dropped


@pytest.mark.parametrize("wire", list(REQUESTS))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_a_format_writes_it_reads_again_without_a_loss(wire: str, data: st.DataObject) -> None:
    answer = data.draw(answers(wire))
    read = SPOKES[wire].read_answer(_whole(wire, answer), _asked(wire), losses := Losses())
    expected = answer
    if wire == "messages":
        # Anthropic tells no total.
        expected = Answer(answer.choices, answer.id, answer.model, None, _without_total(answer.usage))
    if wire == "generateContent":
        # Google tells no 0, and nothing of what was written to a cache.
        expected = replace(answer, usage=_without_zeros(answer.usage))
    if wire == "completions":
        read = Answer(tuple(_plain(one) for one in read.choices), read.id, read.model, read.created, read.usage)
        expected = Answer(
            tuple(_plain(one) for one in answer.choices), answer.id, answer.model, answer.created, answer.usage
        )
    assert _unsummarized(read) == expected
    assert losses.names == ()


def _without_zeros(usage: Usage | None) -> Usage | None:
    if usage is None:
        return None
    return replace(
        usage,
        cache_read_tokens=usage.cache_read_tokens or None,
        cache_write_tokens=None,
        reasoning_tokens=usage.reasoning_tokens or None,
    )


def _without_total(usage: Usage | None) -> Usage | None:
    return None if usage is None else replace(usage, total_tokens=None)


def _plain(choice: Choice) -> Choice:
    """Reasoning without its seal: in this format clients and providers seal it differently."""
    parts = [Reasoning(part.text) if isinstance(part, Reasoning) else part for part in choice.parts]
    return Choice(tuple(parts), choice.stop, choice.stop_sequence)


def _unsummarized(answer: Answer) -> Answer:
    choices = []
    for choice in answer.choices:
        parts = []
        for part in choice.parts:
            if isinstance(part, Reasoning):
                seal = part.seal and Seal(part.seal.maker, part.seal.value, part.seal.redacted)
                part = Reasoning(part.text, seal)
            parts.append(part)
        choices.append(Choice(tuple(parts), choice.stop, choice.stop_sequence))
    return Answer(tuple(choices), answer.id, answer.model, answer.created, answer.usage, answer.service_tier)


def test_a_citation_reaches_openais_clients_and_is_named_where_it_cannot() -> None:
    cited = Text("It rains.", citations=(Citation("https://example.com", "Weather", 0, 9),))
    answer = Answer((Choice((cited,), Stop.END),), "id_1", "m", 1, Usage(1, 1, 2))
    one = translator("responses", "completions")
    one.request(REQUESTS["responses"])
    body = one.answer(_whole("completions", answer))
    assert body["output"][0]["content"][0]["annotations"][0]["url"] == "https://example.com"
    two = translator("messages", "completions")
    two.request(REQUESTS["messages"])
    two.answer(_whole("completions", answer))
    assert two.dropped == ("answer.citations",)
