"""After which requests and answers another client may use the connection."""

from __future__ import annotations

import pytest
from mitmproxy import http
from mitmproxy.test import tutils

from agw.fastpath.exchange import idle_limit_s, is_plain

Fields = tuple[tuple[bytes, bytes], ...]


def request(*fields: tuple[bytes, bytes], content: bytes | None = b"{}", **more: object) -> http.Request:
    return tutils.treq(method=b"POST", content=content, headers=http.Headers(fields), **more)


def answer(*fields: tuple[bytes, bytes], status: int = 200, version: bytes = b"HTTP/1.1") -> http.Response:
    return tutils.tresp(status_code=status, http_version=version, headers=http.Headers(fields))


LENGTH = (b"content-length", b"2")
CHUNKED = (b"transfer-encoding", b"chunked")


@pytest.mark.parametrize("fields", [(LENGTH,), (CHUNKED,)])
@pytest.mark.parametrize("answered", [(b"content-length", b"7"), CHUNKED])
def test_an_ordinary_call_leaves_no_doubt(fields: Fields, answered: tuple[bytes, bytes]) -> None:
    assert is_plain(request(*fields), answer(answered))


def test_a_request_without_a_body_needs_no_length() -> None:
    assert is_plain(tutils.treq(method=b"GET", content=b"", headers=http.Headers()), answer(LENGTH))


@pytest.mark.parametrize(
    "fields",
    [
        (),
        (LENGTH, LENGTH),
        ((b"content-length", b"1"),),
        ((b"content-length", b"3"),),
        ((b"content-length", b"+2"),),
        (LENGTH, CHUNKED),
        (CHUNKED, CHUNKED),
        ((b"transfer-encoding", b"gzip, chunked"),),
        ((b"transfer-encoding", b"Chunked"),),
        (LENGTH, (b"x-a", b"1\r\ncontent-length: 0")),
        (LENGTH, (b"x-a\n", b"1")),
        (LENGTH, (b"expect", b"100-continue")),
        (LENGTH, (b"upgrade", b"websocket")),
        (LENGTH, (b"authorization", b"NTLM TlRMTVNTUAAB")),
        (LENGTH, (b"authorization", b"Negotiate abc")),
    ],
)
def test_a_request_that_may_be_read_in_two_ways_leaves_doubt(fields: Fields) -> None:
    assert not is_plain(request(*fields), answer(LENGTH))


def test_so_does_one_of_another_kind() -> None:
    for other in (
        request(LENGTH, path=b"/v1 HTTP/1.1\r\nx: y"),
        request(LENGTH, http_version=b"HTTP/1.0"),
        request(LENGTH, http_version=b"HTTP/2.0"),
        request(LENGTH, content=None),
        tutils.treq(method=b"HEAD", content=b"", headers=http.Headers()),
        tutils.treq(method=b"CONNECT", content=b"", headers=http.Headers()),
    ):
        assert not is_plain(other, answer(LENGTH))
    streamed = request(LENGTH)
    streamed.stream = True
    assert not is_plain(streamed, answer(LENGTH))


@pytest.mark.parametrize("status", [100, 101, 103, 204, 205, 304, 301, 400, 401, 413, 429, 500, 503])
def test_so_does_an_answer_after_which_more_may_come(status: int) -> None:
    assert not is_plain(request(LENGTH), answer(LENGTH, status=status))


@pytest.mark.parametrize(
    "fields",
    [
        (),
        (LENGTH, LENGTH),
        (LENGTH, CHUNKED),
        ((b"content-length", b"2, 2"),),
        ((b"transfer-encoding", b"identity"),),
        ((b"transfer-encoding", b"gzip, chunked"),),
    ],
)
def test_so_does_an_answer_whose_end_is_not_said_once(fields: Fields) -> None:
    assert not is_plain(request(LENGTH), answer(*fields))
    assert not is_plain(request(LENGTH), answer(LENGTH, version=b"HTTP/1.0"))


@pytest.mark.parametrize(
    "value, limit_s", [("timeout=5", 4.0), ("timeout=60, max=100", 59.0), ("max=3", None), ("timeout=x", None)]
)
def test_an_upstream_may_say_how_long_it_waits(value: str, limit_s: float | None) -> None:
    assert idle_limit_s(answer((b"keep-alive", value.encode()))) == limit_s
    assert idle_limit_s(answer()) is None
