"""A JSON object edited without touching the rest of its bytes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.formats.body import JsonObject

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(), one, max_size=3))
OBJECTS = st.dictionaries(st.text(max_size=4), VALUES, max_size=5)


@given(OBJECTS, OBJECTS, st.sets(st.text(max_size=4), max_size=3), st.sampled_from([None, 1]))
def test_an_edit_means_exactly_what_it_says(before, changes, removals, indent):
    parsed = JsonObject.parse(json.dumps(before, indent=indent).encode())
    assert parsed.values == before
    after = json.loads(parsed.edited(changes, removals))
    assert after == {**{key: value for key, value in before.items() if key not in removals}, **changes}


def test_what_is_not_edited_keeps_its_bytes():
    text = b' { "n" : 1.0 , "big":123456789012345678901234567890,"e":1e5, "model" : "a", "u":"\\u00e9" } '
    assert JsonObject.parse(text).edited({"model": "b"}) == text.replace(b'"a"', b'"b"')
    assert JsonObject.parse(text).edited({}) is text


def test_a_key_that_stands_twice_is_replaced_twice():
    assert JsonObject.parse(b'{"model":"x","model":"y"}').edited({"model": "z"}) == b'{"model":"z","model":"z"}'


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{", b'{"a":1,}', b'{"a" 1}', b'{"a":NaN}', b"\xff", b'{"a":1}x', b'{"a":' + b"[" * 200_000, b"{,}"],
)
def test_what_is_not_an_object_is_refused_without_quoting_it(data):
    with pytest.raises(ValueError, match=r".") as raised:
        JsonObject.parse(data)
    assert len(str(raised.value)) < 200


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(data):
    try:
        JsonObject.parse(data)
    except ValueError:
        pass
