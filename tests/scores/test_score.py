"""A score as it is posted."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.scores.score import Score, ScoreError, read
from support.records import SPAN_ID, TRACE_ID

IDS = {"trace_id": TRACE_ID, "span_id": SPAN_ID}


def score(**body) -> Score:
    return read({"name": "helpful", "value": 1, **IDS, **body}, 7)


def test_a_score_is_read_with_all_it_says():
    found = score(
        value=0.5, label="good", comment=" nice ", response_id="chatcmpl-1", source="model", metadata={"by": "judge"}
    )
    assert (found.name, found.value, found.label, found.comment) == ("helpful", 0.5, "good", "nice")
    assert (found.trace_id, found.span_id, found.time_ns) == (TRACE_ID, SPAN_ID, 7)
    assert (found.response_id, found.source, found.metadata) == ("chatcmpl-1", "model", {"by": "judge"})
    assert found.is_bool is False


def test_true_and_false_are_1_and_0_and_known_as_such():
    assert (score(value=True).value, score(value=True).is_bool) == (1.0, True)
    assert (score(value=False).value, score(value=False).is_bool) == (0.0, True)


def test_the_same_words_are_the_same_score_and_others_another():
    assert score().id == score().id == str(uuid.UUID(score().id, version=4))
    assert len({score().id, score(value=2).id, score(comment="x").id, score(span_id="a" * 16).id}) == 4
    assert score(id="mine", value=1).id == score(id="mine", value=2).id != score(id="yours").id


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"name": None}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"value": None}, "a value"),
        ({"value": float("nan")}, "value"),
        ({"value": 10**400}, "value"),
        ({"value": "0.5"}, "label"),
        ({"trace_id": "abc"}, "x-agw-trace-id"),
        ({"span_id": "0" * 16}, "x-agw-trace-id"),
        ({"trace_id": TRACE_ID.upper()}, "x-agw-trace-id"),
        ({"comment": "x" * 10_000}, "8192 characters"),
        ({"comment": "\ud800"}, "Unicode"),
        ({"source": "alien"}, "human, model, code"),
        ({"metadata": {"a": 1}}, "a: a text"),
        ({"metadata": []}, "metadata"),
        ({"scroe": 1}, "'scroe'"),
    ],
)
def test_what_is_wrong_is_told(body, words):
    with pytest.raises(ScoreError, match=words):
        score(**body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    )
)
def test_whatever_is_posted_is_a_score_or_a_clear_error(body):
    try:
        read(body, 0)
    except ScoreError as error:
        assert str(error)
