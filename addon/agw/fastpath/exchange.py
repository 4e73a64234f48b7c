"""Whether one request and its answer leave an HTTP/1.1 connection in a state that another client may rely on.

On a connection of his own a client who gets an upstream to see two requests where the gateway saw one (request
smuggling) confuses himself; on a shared one the answer to the second would go to somebody else. So a connection is
shared only if everything on it was beyond doubt, and never again once something was not:

* **request**: HTTP/1.1, its length said once and as it was sent, no line break hidden in a header, nothing that makes
  the connection something else (``upgrade``, ``expect``) or authenticates it instead of the request (NTLM, Negotiate);
* **answer**: HTTP/1.1 and 2xx with a body whose end is said once. Not 1xx, after which the real answer is still to
  come; not 204 and the like, after which broken servers send a body; not an error, which may be told before the request
  has been read.
"""

from __future__ import annotations

from mitmproxy import http

from agw.fastpath.framing import NOT_TOLD, is_bound_to_connection, plain_length

SHARED_METHODS = frozenset((b"GET", b"POST", b"PUT", b"PATCH", b"DELETE"))
_WITHOUT_BODY = (204, 205)
_CHANGES_CONNECTION = frozenset((b"upgrade", b"expect"))
_AUTHENTICATES = frozenset((b"authorization", b"proxy-authorization"))


def is_plain(request: http.Request, response: http.Response) -> bool:
    """``request`` as it was sent."""
    return _is_plain_request(request) and _is_plain_answer(response)


def is_plain_request(request: http.Request, head: bytes, body_bytes: int) -> bool:
    """The same of a request that goes out whole, as ``head`` and so many bytes of body, in fewer steps; False where
    more would have to be looked at."""
    data = request.data
    if data.method not in SHARED_METHODS or data.http_version != b"HTTP/1.1" or request.stream or data.trailers:
        return False
    fields = data.headers.fields
    length = plain_length(fields)
    if length != body_bytes and not (length == NOT_TOLD and not body_bytes):
        return False
    # A line for each header, the request line and the blank one; none that is hidden in any of them.
    return head.count(b"\n") == head.count(b"\r") == len(fields) + 2 and b"\0" not in head


def brings_body(status_code: int) -> bool:
    """Whether an answer with this status ends where its head says, whoever sent it."""
    return 200 <= status_code < 300 and status_code not in _WITHOUT_BODY


def idle_limit_s(response: http.Response) -> float | None:
    """What ``Keep-Alive: timeout=`` allows, less a second for the way; None where it says nothing."""
    for part in response.headers.get("keep-alive", "").split(","):
        name, _, value = part.strip().partition("=")
        if name.lower() == "timeout" and value.strip().isdecimal():
            return float(value) - 1.0
    return None


def _is_plain_request(request: http.Request) -> bool:
    data = request.data
    if data.method not in SHARED_METHODS or data.http_version != b"HTTP/1.1":
        return False
    # A body that was streamed is not known here.
    content = data.content
    if content is None or request.stream or data.trailers:
        return False
    lengths: list[bytes] = []
    encodings: list[bytes] = []
    # One look at each field: this is asked for each call.
    for field, value in data.headers.fields:
        name = field.lower()
        if name == b"content-length":
            lengths.append(value)
        elif name == b"transfer-encoding":
            encodings.append(value)
        elif name in _CHANGES_CONNECTION or (name in _AUTHENTICATES and is_bound_to_connection(value)):
            return False
    if encodings:
        framed = encodings == [b"chunked"] and not lengths
    else:
        framed = lengths == [b"%d" % len(content)] or not (lengths or content)
    return framed and not _has_line_break(data)


def _has_line_break(data: http.RequestData) -> bool:
    parts = [data.path, data.authority, *[part for field in data.headers.fields for part in field]]
    together = b"".join(parts)
    return b"\n" in together or b"\r" in together or b"\0" in together


def _is_plain_answer(response: http.Response) -> bool:
    if response.http_version != "HTTP/1.1" or not brings_body(response.status_code):
        return False
    lengths, encodings = response.headers.get_all("content-length"), response.headers.get_all("transfer-encoding")
    if encodings:
        return [one.lower() for one in encodings] == ["chunked"] and not lengths
    return len(lengths) == 1 and lengths[0].isdecimal()
