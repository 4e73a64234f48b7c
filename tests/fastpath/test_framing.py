"""One walk over a message's headers says what mitmproxy's own look-ups say, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mitmproxy import http
from mitmproxy.net.http import http1
from mitmproxy.net.http.validate import validate_headers
from mitmproxy.test import tutils

from agw.fastpath.exchange import is_plain, is_plain_request
from agw.fastpath.framing import NOT_TOLD, plain_length

NAMES = (
    *(b"content-length", b"Content-Length", b"transfer-encoding", b"Transfer-Encoding", b"connection", b"Connection"),
    *(b"authorization", b"upgrade", b"expect", b"keep-alive", b"x-a", b"x a", b"x\n", b"", b"content-length "),
)
VALUES = (
    *(b"0", b"2", b"02", b"+2", b"2, 2", b"2\n", b" 2", b"-1", b"9" * 30, b"\xb2"),
    *(b"chunked", b"identity", b"gzip, chunked"),
    *(b"close", b"keep-alive", b"Keep-Alive", b"keep-alive, close", b"upgrade", b"Bearer x", b"NTLM x", b"negotiate y"),
    *(b"1\r\ncontent-length: 0", b"a\rb", b"a\x00b", b""),
)
FIELDS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=4).map(tuple)


@given(FIELDS)
@example(((b"content-length", b"2"),))
@example(((b"Connection", b"Keep-Alive"), (b"content-length", b"0")))
def test_what_it_says_mitmproxy_says_too(fields):
    length = plain_length(fields)
    if length is None:
        return
    request = tutils.treq(headers=http.Headers(fields))
    response = tutils.tresp(headers=http.Headers(fields))
    validate_headers(request)
    validate_headers(response)
    assert http1.expected_http_body_size(request) == max(length, 0)
    assert http1.expected_http_body_size(request, response) == length
    assert not http1.connection_close(b"HTTP/1.1", request.headers)


@pytest.mark.parametrize(
    "fields, length",
    [
        ((), NOT_TOLD),
        (((b"Content-Length", b"17"), (b"Accept", b"*/*"), (b"Authorization", b"Bearer x")), 17),
        (((b"connection", b"keep-alive"), (b"content-length", b"0")), 0),
        (((b"connection", b"close"),), None),
        (((b"transfer-encoding", b"chunked"),), None),
        (((b"content-length", b"1"), (b"content-length", b"1")), None),
        (((b"x y", b"1"),), None),
        (((b"authorization", b" NTLM x"),), None),
        (((b"keep-alive", b"timeout=5"),), None),
    ],
)
def test_it_says_something_for_ordinary_messages_and_for_no_others(fields, length):
    assert plain_length(fields) == length


@given(
    FIELDS,
    st.sampled_from([b"POST", b"GET", b"HEAD", b"post"]),
    st.sampled_from([b"/v1", b"/v1 HTTP/1.1\r\nx: y", b"/\n", b"/\x00"]),
    st.sampled_from([b"", b"{}"]),
)
@example(((b"content-length", b"2"),), b"POST", b"/v1", b"{}")
@example((), b"GET", b"/v1", b"")
def test_a_request_that_is_plain_in_few_steps_is_so_in_many(fields, method, path, content):
    request = tutils.treq(method=method, path=path, content=content, headers=http.Headers(fields))
    head = http1.assemble_request_head(request)
    if is_plain_request(request, head, len(content)):
        assert is_plain(request, tutils.tresp(headers=http.Headers([(b"content-length", b"2")])))


def test_an_ordinary_request_is_plain_in_few_steps():
    fields = ((b"Host", b"api.openai.com"), (b"Content-Length", b"2"), (b"Authorization", b"Bearer x"))
    request = tutils.treq(method=b"POST", content=b"{}", headers=http.Headers(fields))
    assert is_plain_request(request, http1.assemble_request_head(request), 2)
    assert not is_plain_request(request, http1.assemble_request_head(request), 3)
