"""Records as text: nothing is lost on the way, whatever they hold."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.record import (
    AnswerFacts,
    Attempt,
    Attribution,
    CallError,
    CallRecord,
    Content,
    Cost,
    Evidence,
    RequestFacts,
    SpanIds,
)
from agw.record.codec import from_text, to_text
from agw.usage import Source, Usage
from support.records import broken_off_record, chat_record, embeddings_record, failed_record, with_content

texts = st.text(max_size=20)
maybe_text = st.none() | texts
numbers = st.none() | st.integers() | st.floats(allow_nan=False)
counts = st.none() | st.integers(0, 2**70)
moments = st.integers(0, 2**62)
money = st.decimals(allow_nan=False, allow_infinity=False)
scalars = st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
messages = st.none() | st.lists(st.dictionaries(texts, json_values, max_size=3), max_size=3)
usages = st.builds(
    Usage,
    input_tokens=counts,
    output_tokens=counts,
    cache_read_tokens=counts,
    cost_usd=st.none() | money,
    source=st.sampled_from(Source),
)
records = st.builds(
    CallRecord,
    ids=st.builds(SpanIds, texts, texts, maybe_text, st.booleans(), st.integers(0, 255), texts),
    start_ns=moments,
    end_ns=moments,
    provider=texts,
    request=st.builds(
        RequestFacts,
        texts,
        texts,
        maybe_text,
        st.booleans(),
        temperature=numbers,
        max_tokens=counts,
        stop_sequences=st.none() | st.lists(texts, max_size=3).map(tuple),
    ),
    answer=st.builds(AnswerFacts, maybe_text, usage=st.none() | usages, complete=st.booleans()),
    first_chunk_ns=st.none() | moments,
    error=st.none() | st.builds(CallError, texts, texts),
    content=st.none() | st.builds(Content, messages, messages, messages, messages),
    notes=st.lists(texts, max_size=3).map(tuple),
    attribution=st.builds(Attribution, maybe_text, metadata=st.dictionaries(texts, texts, max_size=3)),
    cost=st.none() | st.builds(Cost, money, st.dictionaries(texts, money, max_size=3), st.sampled_from(Source)),
    attempts=st.lists(
        st.builds(Attempt, texts, texts, maybe_text, maybe_text, st.none() | st.integers(), moments, moments),
        max_size=2,
    ).map(tuple),
    evidence=st.builds(Evidence, maybe_text, counts),
    fields=st.dictionaries(texts, scalars, max_size=3),
    extra=st.dictionaries(texts, scalars, max_size=3),
)


@given(records)
def test_every_record_comes_back_as_it_was(record):
    assert from_text(to_text(record)) == record


@pytest.mark.parametrize("make", [chat_record, embeddings_record, failed_record, broken_off_record])
def test_each_kind_of_call_comes_back_as_it_was(make):
    record = with_content(make())
    assert from_text(to_text(record)) == record


def test_money_keeps_its_digits():
    record = chat_record(cost=Cost(Decimal("0.000000000000000000123450")))
    assert json.loads(to_text(record))["cost"]["total_usd"] == "1.23450E-19"
    assert from_text(to_text(record)).cost.total_usd.as_tuple() == record.cost.total_usd.as_tuple()


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_numbers_that_json_cannot_say_are_text(value):
    record = replace(chat_record(), request=RequestFacts("chat", "x", temperature=value), fields={"a": value})
    back = from_text(to_text(record))
    assert repr(back.request.temperature) == repr(value)
    assert repr(back.fields["a"]) == repr(value)


def test_lone_surrogates_survive_and_the_text_is_utf8():
    record = failed_record()
    record = replace(record, error=CallError("x", "a\ud800b ü"))
    text = to_text(record)
    text.encode()
    assert from_text(text) == record


def test_what_is_not_known_is_passed_over_and_what_is_missing_has_its_default():
    value = json.loads(to_text(failed_record()))
    value["of_the_future"] = {"a": 1}
    del value["error"]
    assert from_text(json.dumps(value)) == replace(failed_record(), error=None)


@pytest.mark.parametrize("text", ["{}", "[]", "1", '{"ids": 3}', '{"ids": {"trace_id": "a"}}'])
def test_what_is_not_a_record_is_a_value_error(text):
    with pytest.raises(ValueError):
        from_text(text)
