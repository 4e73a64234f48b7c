"""A message that came whole goes through the layers whole.

Reason: mitmproxy takes each message apart into head, body and end, and each part goes by itself through every layer, as
an event, a command and a handful of generators: some thirty hops for a call that came in one packet and whose answer
came in one. Worth: 20 % of a call's time. Leans on: the states of ``Http1Server``, ``Http1Client`` and ``HttpStream``,
which are left as mitmproxy's own way leaves them, so that either way can go on from any of them.

Only between layers that say so (``WholeLayer``), on HTTP/1.1, for a message of a known length that is in the buffer to
its last byte, with nothing behind it. Anything else, and anything malformed, is left to mitmproxy.

* Add-ons hear the same hooks in the same order. A body that an add-on wants streamed is handed to it as ever.
* A connection to the provider is at rest before the stream hears of the answer: what counts it as busy is over then, so
  that ``response`` needs not wait for its layer (``at_once.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from h11._receivebuffer import ReceiveBuffer
from mitmproxy import http
from mitmproxy.net.http import http1
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.http import HttpLayer, HttpStream, RequestHeaders, ResponseHeaders
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._http1 import Http1Client, Http1Connection, Http1Server, make_body_reader

LEANS_ON = (
    Http1Connection,
    Http1Server,
    Http1Client,
    HttpStream,
    HttpLayer,
    http1.read_request_head,
    http1.read_response_head,
    http1.expected_http_body_size,
    http1.assemble_request_head,
    http1.assemble_response_head,
)

Steps = Generator[Any, Any, None]
ReadHeaders = Callable[[Any, Any], Steps]
Send = Callable[[Any, Any], Steps]

NEEDS_PARTS = ("stream_large_bodies", "body_size_limit", "store_streamed_bodies")
"""mitmproxy's options that look at a message before it has ended."""


@dataclass
class WholeRequest(RequestHeaders):
    """Head, body and end."""

    data: bytes = b""


@dataclass
class WholeAnswer(ResponseHeaders):
    """Head, body and end where it comes from a provider; its end is still to be said where it goes to a client."""

    data: bytes = b""


def _takes_whole(connection: Any) -> bool:
    top = connection.context.layers[0]
    return getattr(top, "takes_whole", False) is True


def _put_back(connection: Any, data: bytes) -> None:
    connection.buf = ReceiveBuffer()
    connection.buf += data


def _taken(connection: Any) -> bytes:
    """All that is in the buffer."""
    data = bytes(connection.buf)
    connection.buf = ReceiveBuffer()
    return data


def _in_parts(connection: Any, head: RequestHeaders | ResponseHeaders, size: int | None, event: Any) -> Steps:
    """What ``read_headers`` of both does once it has read the head."""
    yield ReceiveHttp(head)
    connection.body_reader = make_body_reader(size)
    connection.state = connection.read_body
    yield from connection.state(event)


# --- what takes the place of Http1Server's and Http1Client's methods


def read_request(original: ReadHeaders) -> ReadHeaders:
    def read_headers(self: Any, event: Any) -> Steps:
        if type(event) is not events.DataReceived or len(self.buf) != len(event.data) or not _takes_whole(self):
            yield from original(self, event)
            return
        lines = self.buf.maybe_extract_lines()
        if not lines:
            return
        try:
            request = http1.read_request_head([bytes(line) for line in lines])
            size = http1.expected_http_body_size(request)
        except ValueError:
            size = None
        if size is None or not _is_simple(request):
            _put_back(self, event.data)
            yield from original(self, event)
            return
        self.request = request
        if len(self.buf) != size:
            yield from _in_parts(self, RequestHeaders(self.stream_id, request, size == 0), size, event)
            return
        body = _taken(self)
        self.request_done = True
        self.state = self.wait
        yield ReceiveHttp(WholeRequest(self.stream_id, request, size == 0, None, body))

    return read_headers


def _is_simple(request: http.Request) -> bool:
    headers = request.headers
    return (
        request.data.http_version == b"HTTP/1.1"
        and request.data.method.upper() != b"CONNECT"
        and "expect" not in headers
        and "upgrade" not in headers
    )


def read_answer(original: ReadHeaders) -> ReadHeaders:
    def read_headers(self: Any, event: Any) -> Steps:
        request = self.request
        if (
            type(event) is not events.DataReceived
            or request is None
            or not self.request_done
            or len(self.buf) != len(event.data)
            or request.data.http_version != b"HTTP/1.1"
            or not _takes_whole(self)
        ):
            yield from original(self, event)
            return
        lines = self.buf.maybe_extract_lines()
        if not lines:
            return
        try:
            response = http1.read_response_head([bytes(line) for line in lines])
            size = http1.expected_http_body_size(request, response)
        except ValueError:
            size = -1
        if size == -1 or response.status_code < 200 or response.data.http_version != b"HTTP/1.1":
            _put_back(self, event.data)
            yield from original(self, event)
            return
        self.response = response
        stream_id = self.stream_id
        if len(self.buf) != size or _ends_connection(request) or _ends_connection(response):
            yield from _in_parts(self, ResponseHeaders(stream_id, response, size == 0), size, event)
            return
        body = _taken(self)
        self.is_simple = True
        yield from self.mark_done(response=True)
        yield ReceiveHttp(WholeAnswer(stream_id, response, size == 0, body))

    return read_headers


def mark_done(original: Callable[..., Steps]) -> Callable[..., Steps]:
    """``Http1Client.mark_done`` for an exchange of which ``read_answer`` knows that the connection outlives it."""

    def mark_done(self: Any, *, request: bool = False, response: bool = False) -> Steps:
        if not self.__dict__.pop("is_simple", False):
            yield from original(self, request=request, response=response)
            return
        self.request_done = self.response_done = False
        self.request = self.response = self.stream_id = None
        self.state = self.read_headers

    return mark_done


def _ends_connection(message: http.Message) -> bool:
    return bool(http1.connection_close(message.http_version, message.headers))


def send_request(original: Send) -> Send:
    def send(self: Any, event: Any) -> Steps:
        if type(event) is not WholeRequest:
            yield from original(self, event)
            return
        if self.stream_id is not None:
            raise AssertionError("a request is under way")
        self.stream_id = event.stream_id
        self.request = event.request
        head = http1.assemble_request_head(event.request)
        yield commands.SendData(self.conn, head + framed(event.request, event.data))
        self.request_done = True

    return send


def send_answer(original: Send) -> Send:
    def send(self: Any, event: Any) -> Steps:
        if type(event) is not WholeAnswer:
            yield from original(self, event)
            return
        self.response = event.response
        head = http1.assemble_response_head(event.response)
        yield commands.SendData(self.conn, head + framed(event.response, event.data, end=b""))

    return send


def is_chunked(message: http.Message) -> bool:
    return "chunked" in message.headers.get("transfer-encoding", "").lower()


def framed(message: http.Message, data: bytes, *, end: bytes = b"0\r\n\r\n") -> bytes:
    """A body as it is written behind the message's head; ``end`` is what follows the last chunk."""
    if not is_chunked(message):
        return data
    return (b"%x\r\n%s\r\n%s" % (len(data), data, end)) if data else end
