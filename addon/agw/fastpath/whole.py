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
from mitmproxy.proxy.layer import Layer
from mitmproxy.proxy.layers.http import (
    HttpLayer,
    HttpStream,
    RequestHeaders,
    ResponseEndOfMessage,
    ResponseHeaders,
)
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._http1 import Http1Client, Http1Connection, Http1Server, make_body_reader

from agw.fastpath.exchange import SHARED_METHODS, brings_body, is_plain_request
from agw.fastpath.framing import NOT_TOLD, plain_length

LEANS_ON = (
    Layer,
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

PLAIN_REQUEST, PLAIN_EXCHANGE = "agw_plain_request", "agw_plain_exchange"
"""On the layer of a provider's connection: that the request which was sent is beyond doubt; that a whole exchange is.
What comes by mitmproxy's own way has neither, and is looked at by ``exchange.is_plain``."""
PLAIN_FIELDS = "agw_plain_fields"
"""On the layer of a client's connection: the fields of the answer that was sent whole, if they are beyond doubt."""

NEEDS_PARTS = ("stream_large_bodies", "body_size_limit", "store_streamed_bodies")
"""mitmproxy's options that look at a message before it has ended."""


@dataclass
class WholeRequest(RequestHeaders):
    """Head, body and end. ``is_plain``: nothing of its head need be looked at again (``framing.py``)."""

    data: bytes = b""
    is_plain: bool = False


@dataclass
class WholeAnswer(ResponseHeaders):
    """Head, body and end where it comes from a provider; its end is still to be said where it goes to a client.
    ``is_plain``: nothing of its head need be looked at again."""

    data: bytes = b""
    is_plain: bool = False


def _takes_whole(connection: Any) -> bool:
    top = connection.context.layers[0]
    return getattr(top, "takes_whole", False) is True


def _end_of_head(data: bytes) -> int:
    """Where the blank line begins; -1 where there is none, or where h11's buffer would divide the lines otherwise."""
    end = data.find(b"\r\n\r\n")
    if end < 1 or data.startswith((b"\r\n", b"\n")) or data.count(b"\n", 0, end) != data.count(b"\r\n", 0, end):
        return -1
    return end


def _in_parts(
    connection: Any, head: RequestHeaders | ResponseHeaders, size: int | None, event: Any, behind: bytes
) -> Steps:
    """What ``read_headers`` of both does once it has read the head, with what came behind it."""
    connection.buf = ReceiveBuffer()
    connection.buf += behind
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
        data = event.data
        request: http.Request | None = None
        size: int | None = None
        if (end := _end_of_head(data)) > 0:
            try:
                request = http1.read_request_head(data[:end].split(b"\r\n"))
                size = plain_length(request.data.headers.fields)
            except ValueError:
                pass
        if request is None or size is None or not _is_simple(request):
            yield from original(self, event)
            return
        size, behind = max(size, 0), data[end + 4 :]
        self.request = request
        if len(behind) != size:
            yield from _in_parts(self, RequestHeaders(self.stream_id, request, size == 0), size, event, behind)
            return
        self.buf = ReceiveBuffer()
        self.request_done = True
        self.state = self.wait
        yield ReceiveHttp(WholeRequest(self.stream_id, request, size == 0, None, behind, True))

    return read_headers


def _is_simple(request: http.Request) -> bool:
    """In origin form, as clients of a gateway ask."""
    data = request.data
    return data.http_version == b"HTTP/1.1" and not data.scheme and data.method.upper() != b"CONNECT"


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
        data = event.data
        response: http.Response | None = None
        size: int | None = NOT_TOLD
        is_plain = False
        if (end := _end_of_head(data)) > 0:
            try:
                response = http1.read_response_head(data[:end].split(b"\r\n"))
                size, is_plain = _size_of(request, response)
            except ValueError:
                pass
        if response is None or size == NOT_TOLD or response.status_code < 200 or not _is_http11(response):
            yield from original(self, event)
            return
        self.response = response
        stream_id, behind = self.stream_id, data[end + 4 :]
        both_plain = is_plain and self.__dict__.pop(PLAIN_REQUEST, False)
        if len(behind) != size or not (both_plain or _outlives(request, response)):
            yield from _in_parts(self, ResponseHeaders(stream_id, response, size == 0), size, event, behind)
            return
        self.buf = ReceiveBuffer()
        self.is_simple = True
        if both_plain:
            self.__dict__[PLAIN_EXCHANGE] = True
        yield from self.mark_done(response=True)
        yield ReceiveHttp(WholeAnswer(stream_id, response, size == 0, behind, is_plain))

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


def _size_of(request: http.Request, response: http.Response) -> tuple[int | None, bool]:
    """Bytes of the body, None where it comes in chunks, NOT_TOLD where it ends with the connection; and whether its
    head is plain. Raises ValueError."""
    if brings_body(response.data.status_code) and request.data.method in SHARED_METHODS:
        size = plain_length(response.data.headers.fields)
        if size is not None and size != NOT_TOLD:
            return size, True
    return http1.expected_http_body_size(request, response), False


def _is_http11(message: http.Message) -> bool:
    return bool(message.data.http_version == b"HTTP/1.1")


def _outlives(*messages: http.Message) -> bool:
    """Whether the connection does, after these."""
    return not any(http1.connection_close(one.http_version, one.headers) for one in messages)


def send_request(original: Send) -> Send:
    def send(self: Any, event: Any) -> Steps:
        if type(event) is not WholeRequest:
            self.__dict__.pop(PLAIN_REQUEST, None)
            yield from original(self, event)
            return
        if self.stream_id is not None:
            raise AssertionError("a request is under way")
        self.stream_id = event.stream_id
        self.request = event.request
        head = http1.assemble_request_head(event.request)
        self.__dict__[PLAIN_REQUEST] = is_plain = is_plain_request(event.request, head, len(event.data))
        yield commands.SendData(self.conn, head + (event.data if is_plain else framed(event.request, event.data)))
        self.request_done = True

    return send


def send_answer(original: Send) -> Send:
    def send(self: Any, event: Any) -> Steps:
        kind = type(event)
        if kind is WholeAnswer:
            self.response = event.response
            head, fields = http1.assemble_response_head(event.response), event.response.data.headers.fields
            is_plain = _tells_length(fields)
            self.__dict__[PLAIN_FIELDS] = fields if is_plain else None
            body = event.data if is_plain else framed(event.response, event.data, end=b"")
            yield commands.SendData(self.conn, head + body)
        elif kind is ResponseEndOfMessage and _goes_on(self, event):
            # What ``mark_done`` does then.
            self.request_done = self.response_done = False
            self.request = self.response = None
            self.stream_id += 2
            self.state = self.read_headers
            if self.buf:
                yield from self.state(events.DataReceived(self.conn, b""))
        else:
            yield from original(self, event)

    return send


def _goes_on(server: Any, end: ResponseEndOfMessage) -> bool:
    """Whether a client's connection is surely open for the next request after this end of an answer. The heads are
    looked at as add-ons have left them, who may have asked for its end."""
    request, response = server.request, server.response
    if request is None or response is None or not server.request_done or end.stream_id != server.stream_id:
        return False
    fields = response.data.headers.fields
    return (
        (server.__dict__.pop(PLAIN_FIELDS, None) is fields or _tells_length(fields))
        and response.data.status_code >= 200
        and _is_http11(response)
        and _is_http11(request)
        and request.data.method in SHARED_METHODS
        and plain_length(request.data.headers.fields) is not None
    )


def _tells_length(fields: tuple[tuple[bytes, bytes], ...]) -> bool:
    length = plain_length(fields)
    return length is not None and length != NOT_TOLD


def is_chunked(message: http.Message) -> bool:
    return "chunked" in message.headers.get("transfer-encoding", "").lower()


def framed(message: http.Message, data: bytes, *, end: bytes = b"0\r\n\r\n") -> bytes:
    """A body as it is written behind the message's head; ``end`` is what follows the last chunk."""
    if not is_chunked(message):
        return data
    return (b"%x\r\n%s\r\n%s" % (len(data), data, end)) if data else end
