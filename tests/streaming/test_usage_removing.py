"""A chunk loses its usage in the same way whether it had to be taken apart for it or not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.formats.body import JsonObject
from agw.streaming import tap
from agw.streaming.sse import parse

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.just("usage")
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["usage", "a", "b"]), inner, max_size=3)
    ),
    max_leaves=6,
)
chunks = st.dictionaries(st.sampled_from(["id", "choices", "usage", "x"]), values, max_size=4)


def taken_apart(block: bytes) -> bytes:
    text = block[6:-2]
    try:
        chunk = JsonObject.parse(text)
    except ValueError:
        return block
    if "usage" not in chunk.values:
        return block
    if chunk.values["usage"] is not None and not chunk.values.get("choices"):
        return b""
    return b"data: " + chunk.edited({}, ("usage",)) + b"\n\n"


@given(chunks, st.sampled_from([(",", ":"), (", ", ": "), (" , ", " :")]), st.booleans())
def test_the_same_is_left(chunk: dict[str, Any], separators: tuple[str, str], plain: bool) -> None:
    block = b"data: " + json.dumps(chunk, separators=separators, ensure_ascii=plain).encode() + b"\n\n"
    assert tap._without_usage(block, parse(block)) == taken_apart(block)


@pytest.mark.parametrize(
    "text",
    [
        b'{"usage":null}',
        b'{"usage":null,"a":1}',
        b'{ "a":1,"usage":null }',
        b'{"a":1,"usage":null,"b":"usage"}',
        b'{"a":{"usage":null},"usage":null}',
        b'{"usage":null,"usage":1}',
        b'{"us\\u0061ge":null,"a":{"usage":null,"b":1}}',
        b'{"a":1,\t"usage":null}',
        b'{"a":NaN,"usage":null}',
        b'{"a":"\xff","usage":null}',
        b'{"usage":1,"choices":[]}',
        b'{"usage":1,"choices":[{}]}',
        b'{"usage":null,"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'["usage"]',
        b'{"usage"',
    ],
)
def test_the_same_is_left_of_what_is_not_plain(text: bytes) -> None:
    block = b"data: " + text + b"\n\n"
    assert tap._without_usage(block, parse(block)) == taken_apart(block)
