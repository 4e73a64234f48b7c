"""Questions to the page's API."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.web.admin.asked import BadQuestion, asked, limit_of, searched

NOW = 10**18


def test_a_period_counts_back_from_now():
    found = asked({"since": "7d", "by": "user", "measure": "tokens"}, NOW)
    assert (NOW - found.since_ns, found.by, found.measure, found.step) == (7 * 86400 * 10**9, "user", "tokens", "day")
    assert asked({}, NOW).step == "hour"


@pytest.mark.parametrize("query", [{"since": "yesterday"}, {"by": "phase"}, {"measure": "joy"}, {"since": "7d; drop"}])
def test_wrong_words_are_told(query):
    with pytest.raises(BadQuestion, match=r"write|one of"):
        asked(query, NOW)


def test_a_search_names_columns():
    assert searched("model:gpt-4o* user:alice status:error") == (
        {"model": "gpt-4o*", "user": "alice"},
        "error",
    )
    assert searched("claude") == ({"model": "*claude*"}, None)
    with pytest.raises(BadQuestion, match="unknown"):
        searched("colour:red")


@given(st.text(max_size=40))
def test_any_search_is_a_question_or_told(text):
    try:
        searched(text)
    except BadQuestion:
        pass


def test_limits_are_bounded():
    assert limit_of({"limit": "99999"}) == 500
    with pytest.raises(BadQuestion):
        limit_of({"limit": "many"})
