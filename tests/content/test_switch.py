"""The switch for content."""

from __future__ import annotations

import pytest

from agw.content.switch import VARIABLE, capture_content


@pytest.mark.parametrize("value", ["SPAN_ONLY", "span_only", "SPAN_AND_EVENT", "true", "True", "1", " span_only "])
def test_content_is_captured_where_it_is_asked_for_on_spans(value):
    assert capture_content({VARIABLE: value}) == (True, None)


@pytest.mark.parametrize("value", ["NO_CONTENT", "no_content", "EVENT_ONLY", "false", "0", ""])
def test_content_is_off_where_it_is_not_asked_for_on_spans(value):
    assert capture_content({VARIABLE: value}) == (False, None)


def test_content_is_off_by_default():
    assert capture_content({}) == (False, None)


def test_an_unknown_value_is_off_and_says_what_to_write():
    on, why = capture_content({VARIABLE: "SPANS"})
    assert not on
    assert why is not None
    assert VARIABLE in why
    assert "SPAN_ONLY" in why
