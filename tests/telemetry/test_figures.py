"""Figures as JSON: the same text that the library writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.content.size import content_json
from agw.telemetry.figures import figures_json

numbers = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
names = st.sampled_from(["input", "output", "total"])


@given(st.dictionaries(names, numbers | st.dictionaries(names, numbers)))
def test_the_text_is_that_of_json(figures):
    assert figures_json(figures) == content_json(figures)


def test_zero_keeps_its_sign_whatever_came_before():
    assert [figures_json({"a": one}) for one in (0.0, -0.0, 0, 1, 1.0, True)] == [
        '{"a":0.0}',
        '{"a":-0.0}',
        '{"a":0}',
        '{"a":1}',
        '{"a":1.0}',
        '{"a":true}',
    ]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_finite_is_refused(value):
    with pytest.raises(ValueError, match="float"):
        figures_json({"a": value})
