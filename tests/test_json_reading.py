"""JSON read by the quicker library says exactly what Python's own does."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agw.formats.body import JsonObject
from agw.json_reading import loads

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = st.recursive(SCALARS, lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(), one, max_size=3))


def outcome(read, text):
    """Types and signs of zeros too."""
    try:
        return repr(read(text))
    except (ValueError, RecursionError) as error:
        return type(error).__name__, str(error)


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_whatever_python_writes_is_read_as_python_reads_it(value, ascii_only, indent):
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert outcome(loads, text) == outcome(json.loads, text)
    data = text.encode("utf-8", "surrogatepass")
    assert outcome(loads, data) == outcome(json.loads, data)


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?", fullmatch=True))
def test_a_number_is_the_same_to_its_last_bit(text):
    assert outcome(loads, text) == outcome(json.loads, text)


@given(st.text('[]{}",:\\u019eE+-.tfnaDd \t\n\r\x01\x7f\xe9\ud800'))
@example('"\\ud800"')
@example('{"a":1,"a":1.0}')
@example("\ufeff{}")
@example("{} x")
@example("[1,]")
@example("01")
@example("NaN")
@example("1e999")
@example("-0")
def test_what_python_refuses_is_refused_in_its_words(text):
    assert outcome(loads, text) == outcome(json.loads, text)


@given(st.binary())
@example(b"\xef\xbb\xbf{}")
@example('{"a":1}'.encode("utf-16"))
@example(b'{"a":"\xed\xa0\x80"}')
def test_bytes_too(data):
    assert outcome(loads, data) == outcome(json.loads, data)


@pytest.mark.parametrize("depth", [10, 200_000])
def test_what_is_nested_too_deeply_is_an_error_and_no_crash(depth):
    assert type(outcome(loads, "[" * depth + "]" * depth)) is type(outcome(json.loads, "[" * depth + "]" * depth))


def test_an_edit_of_a_body_with_a_byte_order_mark_is_made_in_its_text():
    assert JsonObject.parse(b'\xef\xbb\xbf{"a":1}').edited({"a": 2}) == b'{"a":2}'
