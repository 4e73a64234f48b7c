"""Figures as JSON: the same text that the library writes."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.content.size import content_json
from agw.record import Cost
from agw.telemetry.figures import figures_json, spent_on
from support.records import chat_record

names = st.sampled_from(["input", "output", "total"])
counts = st.dictionaries(names, st.none() | st.integers())
amounts = st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**9)


@given(counts, counts)
def test_the_text_is_that_of_json_without_what_is_not_known(figures, inside):
    known = {name: one for name, one in inside.items() if one is not None}
    told = {name: one for name, one in figures.items() if one is not None} | ({"inside": known} if known else {})
    assert figures_json({**figures, "inside": figures_json(inside)}) == (content_json(told) if told else None)


@given(amounts, st.dictionaries(names, amounts))
def test_amounts_are_exact_and_json_as_they_stand(total, parts):
    spent = spent_on(chat_record(cost=Cost(total, parts)))
    assert (spent.total_usd, Decimal(spent.total)) == (float(total), total)
    assert {name: Decimal(one) for name, one in spent.parts.items()} == parts
    assert json.loads(spent.total) == float(total)


@pytest.mark.parametrize("value", ["NaN", "Infinity"])
def test_what_is_not_finite_is_refused(value):
    for cost in (Cost(Decimal(value)), Cost(Decimal(1), {"input": Decimal(value)})):
        with pytest.raises(ValueError, match="no number"):
            spent_on(chat_record(cost=cost))
