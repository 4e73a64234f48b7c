"""First lines that are known come out as mitmproxy takes them apart, and are refused as it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy.net.http.http1 import read

from agw.fastpath.first_lines import known

PARTS = st.sampled_from(
    (
        *(b"GET", b"POST", b"CONNECT", b" ", b"  ", b"\t", b"/", b"/v1/x", b"?key=1", b"*", b"http://host/x"),
        *(b"host:443", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2", b"200", b"0200", b" OK", b"\xff", b"x" * 300),
    )
)


def outcome(parse: Callable[[bytes], Any], line: bytes) -> Any:
    try:
        return parse(line)
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("original", [read._read_request_line, read._read_response_line])
def test_a_line_has_the_same_outcome_each_time(original: Callable[[bytes], Any]) -> None:
    parse = known(original)

    @given(parts=st.lists(PARTS, max_size=7))
    def check(parts: list[bytes]) -> None:
        for line in (b"".join(parts), b" ".join(parts)):
            for _ in range(2):
                assert outcome(parse, line) == outcome(original, line)

    check()


def test_lines_that_may_hold_a_key_are_not_kept() -> None:
    asked = []

    def original(line: bytes) -> tuple[bytes]:
        asked.append(line)
        return (line,)

    parse = known(original)
    for line in (b"GET /x HTTP/1.1", b"GET /x?key=1 HTTP/1.1", b"GET /" + b"x" * 300 + b" HTTP/1.1"):
        for _ in range(2):
            assert parse(line) == (line,)
    assert [len(line) for line in asked] == [15, 21, 21, 314, 314]
