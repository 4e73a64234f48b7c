"""Headers read by their raw fields say what mitmproxy's own look-ups say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from mitmproxy import http

from agw.hooks import heads

names = st.sampled_from([b"Host", b"host", b"HOST", b"x-a", b"X-A", b"x_a", b"\xffx", b""])
values = st.sampled_from([b"", b"1", b"a, b", b"\xff\xfe", "é".encode()])
fields = st.lists(st.tuples(names, values), max_size=6)


@given(fields, names)
def test_a_value_is_found_as_mitmproxy_finds_it(given_fields: list[tuple[bytes, bytes]], name: bytes) -> None:
    headers, lower = http.Headers(given_fields), name.lower()
    assert heads.value_of(headers, lower) == headers.get(lower)


@given(fields)
def test_the_lists_say_the_same(given_fields: list[tuple[bytes, bytes]]) -> None:
    headers = http.Headers(given_fields)
    lists = heads.header_lists(headers)
    assert lists == {name.lower(): headers.get_all(name) for name in headers}
    assert all(heads.told(lists, name) == headers.get(name) for name in lists)
    assert heads.told(lists, "not-there") is None


@given(fields, names, values)
def test_a_value_is_set_where_mitmproxy_sets_it(
    given_fields: list[tuple[bytes, bytes]], name: bytes, value: bytes
) -> None:
    headers = http.Headers(given_fields)
    headers[name] = value
    ours = list(given_fields)
    heads.put(ours, name, value)
    assert heads.headers_of(ours) == headers
    other = http.Headers(given_fields)
    heads.set_value(other, name, value.decode("utf-8", "surrogateescape"))
    assert other == headers
