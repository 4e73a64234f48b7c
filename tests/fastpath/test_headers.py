"""Headers behave as mitmproxy's own do, whatever is in them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy.http import Headers

from agw.fastpath.headers import replacements


class Fast(Headers):
    """The same with the fast path's methods."""


for _name, _method in replacements().items():
    setattr(Fast, _name, _method)

names = st.sampled_from([b"Host", b"host", b"X-A", b"x-a", b"Set-Cookie", b"\xff\xe9", b""])
values = st.one_of(st.sampled_from([b"", b"a", b"a, b", b"\xff"]), st.binary(max_size=5))
fields = st.lists(st.tuples(names, values), max_size=6)
keys = st.one_of(names, st.sampled_from(["host", "HOST", "x-a", "none", "é"]))


def outcome(call: Any) -> Any:
    try:
        return call()
    except (KeyError, TypeError, AttributeError) as error:
        return type(error), error.args


@given(fields, keys)
def test_they_are_found_alike(given_fields: list[tuple[bytes, bytes]], key: str | bytes) -> None:
    ours, theirs = Fast(given_fields), Headers(given_fields)
    assert ours.fields == theirs.fields
    assert ours.get_all(key) == theirs.get_all(key)
    assert outcome(lambda: ours[key]) == outcome(lambda: theirs[key])
    assert (key in ours) == (key in theirs)
    for default in (None, "x"):
        assert ours.get(key, default) == theirs.get(key, default)
    assert bytes(ours) == bytes(theirs)


@given(fields, keys, st.lists(st.one_of(st.text(max_size=3), st.binary(max_size=3)), max_size=3))
def test_they_are_set_and_removed_alike(
    given_fields: list[tuple[bytes, bytes]], key: str | bytes, new: list[str | bytes]
) -> None:
    ours, theirs = Fast(given_fields), Headers(given_fields)
    for headers in (ours, theirs):
        headers.set_all(key, new)
    assert ours.fields == theirs.fields
    for headers in (ours, theirs):
        headers[key] = "one"
    assert ours.fields == theirs.fields
    for headers in (ours, theirs):
        headers.pop(key)
        headers.add("late", "x")
        headers.setdefault("late", "y")
        headers.update({"x-a": "z"})
    assert ours.fields == theirs.fields
    assert list(ours.items(multi=True)) == list(theirs.items(multi=True))
    assert ours.copy().fields == theirs.copy().fields


@pytest.mark.parametrize("wrong", [1, None, 1.5])
def test_what_is_no_name_is_refused_alike(wrong: Any) -> None:
    ours, theirs = Fast([(b"a", b"b")]), Headers([(b"a", b"b")])
    assert outcome(lambda: ours[wrong]) == outcome(lambda: theirs[wrong])
    assert outcome(lambda: wrong in ours) == outcome(lambda: wrong in theirs)
    assert outcome(lambda: ours.get(wrong)) == outcome(lambda: theirs.get(wrong))


@pytest.mark.parametrize("made", [lambda kind: kind([("a", b"b")]), lambda kind: kind([(b"a", 1)])])
def test_fields_that_are_no_bytes_are_refused_alike(made: Any) -> None:
    assert outcome(lambda: made(Fast)) == outcome(lambda: made(Headers))


def test_keyword_headers_still_work() -> None:
    assert Fast([(b"a", b"b")], content_type="x").fields == ((b"a", b"b"), (b"content-type", b"x"))
