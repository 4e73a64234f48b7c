"""The HTTP layer and its streams, as far as they take whole messages (``whole.py``).

``WholeLayer.takes_whole`` is False until the fast path sets it: then everything here is mitmproxy's own way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any, ClassVar

from mitmproxy import http
from mitmproxy.connection import Server
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers.http import (
    DropStream,
    GetHttpConnection,
    HttpLayer,
    HTTPMode,
    HttpRequestHeadersHook,
    HttpResponseHeadersHook,
    HttpResponseHook,
    HttpStream,
    RegisterHttpConnection,
    RequestData,
    RequestEndOfMessage,
    RequestHeaders,
    RequestTrailers,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    SendHttp,
)
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._http1 import Http1Server
from mitmproxy.proxy.mode_specs import ReverseMode

from agw.fastpath.whole import WholeAnswer, WholeRequest, is_chunked
from agw.fastpath.writes import Flush

CommandGenerator = Generator[Any, Any, None]
_OTHER_PROTOCOLS = (b"h2", b"h3")


class WholeLayer(HttpLayer):
    """Hands whole messages to its streams."""

    takes_whole: ClassVar[bool] = False
    hand_over: ClassVar[Callable[[HttpLayer, HttpStream, GetHttpConnection], Server | None] | None] = None
    """Gives a stream a connection that is open already (``handover.py``)."""

    def new_stream(self, stream_id: int) -> HttpStream:
        return HttpStream(self.context.fork(), stream_id)

    def make_stream(self, stream_id: int) -> layer.CommandGenerator[None]:
        stream = self.streams[stream_id] = self.new_stream(stream_id)
        yield from self.event_to_child(stream, events.Start())

    def handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        # Nothing that this layer itself asks for must be waited for: what its children ask for pauses them alone.
        if self.takes_whole and self.debug is None:
            return self._handle_event(event)
        return super().handle_event(event)

    def _handle_event(self, event: events.Event) -> CommandGenerator:
        # By identity: to ask whether two connections are equal takes a call of Python's for each.
        if type(event) is events.DataReceived and self.takes_whole:
            connection = event.connection
            if connection is not self.context.server and (child := self.connections.get(connection)) is not None:
                return self._to_child(child, event)
        rest: CommandGenerator = super()._handle_event(event)
        return rest

    def event_to_child(self, child: layer.Layer | HttpStream, event: events.Event) -> layer.CommandGenerator[None]:
        return self._to_child(child, event) if self.takes_whole else super().event_to_child(child, event)

    def _to_child(self, child: Any, event: events.Event) -> CommandGenerator:
        """``HttpLayer.event_to_child``, what comes most often first."""
        for command in child.handle_event(event):
            kind = type(command)
            if kind is commands.SendData or kind is Flush:
                yield command
            elif kind is ReceiveHttp:
                received = command.event
                if type(received) is WholeRequest:
                    stream = self.streams[received.stream_id] = self.new_stream(received.stream_id)
                    # All that a stream makes of its start.
                    stream.client_state = stream.state_wait_for_request_headers
                elif isinstance(received, RequestHeaders):
                    yield from self.make_stream(received.stream_id)
                if (found := self.streams.get(received.stream_id)) is not None:
                    yield from self._to_child(found, received)
            elif kind is SendHttp:
                yield from self._to_child(self.connections[command.connection], command.event)
            elif kind is DropStream:
                self.streams.pop(command.stream_id, None)
            else:
                yield from self._rare(child, command)

    def _rare(self, child: Any, command: Any) -> CommandGenerator:
        if command.blocking or isinstance(command, commands.RequestWakeup):
            self.command_sources[command] = child
        if isinstance(command, GetHttpConnection):
            yield from self.get_connection(command)
        elif isinstance(command, RegisterHttpConnection):
            yield from self.register_connection(command)
        else:
            if isinstance(command, commands.OpenConnection):
                self.connections[command.connection] = child
            yield command


class WholeStream(HttpStream):
    """A request that comes whole, its answer if that does so too, and the pieces of one that comes in many."""

    _is_chunked: bool | None = None
    """How the client gets a streamed answer; None until its first piece."""

    def _handle_event(self, event: events.Event) -> CommandGenerator:
        kind = type(event)
        if kind is ResponseData and self._streams_plainly():
            return self._piece(event)  # type: ignore[arg-type]
        if kind is WholeRequest:
            return self._whole_request(event)  # type: ignore[arg-type]
        if kind is WholeAnswer:
            return self._whole_answer(event)  # type: ignore[arg-type]
        rest: CommandGenerator = super()._handle_event(event)
        return rest

    def _http(self) -> WholeLayer | None:
        """The layer above, if it takes whole messages."""
        top = self.context.layers[0]
        return top if isinstance(top, WholeLayer) and top.takes_whole else None

    def _client_speaks_http1(self) -> bool:
        top = self._http()
        return top is not None and type(top.connections.get(self.context.client)) is Http1Server

    # --- the request

    def _whole_request(self, event: WholeRequest) -> CommandGenerator:
        if event.is_plain and event.replay_flow is None and self._is_gateway():
            yield from self._plain_head(event)
        else:
            yield from self.state_wait_for_request_headers(event)
        if self.client_state == self.state_consume_request_body:
            yield from self.take_body(event.data)
            return
        if event.data:
            yield from self.client_state(RequestData(self.stream_id, event.data))
        yield from self.client_state(RequestEndOfMessage(self.stream_id))

    def _is_gateway(self) -> bool:
        """Whether requests come in origin form and go where hooks send them."""
        top = self._http()
        return (
            top is not None
            and top.mode is HTTPMode.transparent
            # Not isinstance: of an abstract class that is a call of Python's.
            and ReverseMode not in type(self.context.client.proxy_mode).__mro__
        )

    def _plain_head(self, event: WholeRequest) -> CommandGenerator:
        """All that ``state_wait_for_request_headers`` makes of a head of which nothing need be looked at again."""
        server = self.context.server
        flow = self.flow = http.HTTPFlow(self.context.client, server)
        flow.request, flow.live = event.request, True
        data = event.request.data
        data.host, data.port = server.address[0], server.address[1]  # type: ignore[index]
        data.scheme = b"https" if server.tls else b"http"
        yield HttpRequestHeadersHook(flow)
        if self.may_be_killed() and (yield from self.check_killed(True)):
            return
        # An add-on may have changed it, or put another in its place.
        request = flow.request
        if request.headers.get("expect", "").lower() == "100-continue":
            go_on = http.Response.make(100)
            go_on.headers.clear()
            yield SendHttp(ResponseHeaders(self.stream_id, go_on), self.context.client)
            request.headers.pop("expect")
        if request.stream and not event.end_stream:
            yield from self.start_request_stream()
        else:
            self.client_state = self.state_consume_request_body
        self.server_state = self.state_wait_for_response_headers

    def may_be_killed(self) -> bool:
        """False where ``check_killed`` would find nothing."""
        return self.flow.error is not None or bool(self._paused_event_queue)

    def take_body(self, data: bytes) -> CommandGenerator:
        """All that ``state_consume_request_body`` makes of a body and its end."""
        if data:
            yield from self.state_consume_request_body(RequestData(self.stream_id, data))
        yield from self.state_consume_request_body(RequestEndOfMessage(self.stream_id))

    def ready_connection(self, asked: GetHttpConnection) -> Server | None:
        """The connection that ``HttpLayer.get_connection`` would give at once; None where it would do anything else."""
        top = self._http()
        if top is None or self.context.client.alpn in _OTHER_PROTOCOLS:
            return None
        for connection in top.connections:
            if asked.connection_spec_matches(connection):
                usable = (
                    connection.connected and not connection.error and connection not in top.waiting_for_establishment
                )
                return connection if usable else None  # type: ignore[return-value]
        return None

    def kept_connection(self, asked: GetHttpConnection) -> Server | None:
        """One that another client has opened; None where it must be asked for."""
        top = self._http()
        return None if top is None or top.hand_over is None else type(top).hand_over(top, self, asked)  # type: ignore[misc]

    def send_whole(self, request: http.Request) -> CommandGenerator:
        """``request`` with its body, to the connection that the stream has got."""
        server, content, trailers = self.context.server, request.raw_content, request.trailers
        plain = server.alpn not in _OTHER_PROTOCOLS and request.data.http_version == b"HTTP/1.1" and not trailers
        if plain and self._http() is not None:
            yield SendHttp(WholeRequest(self.stream_id, request, not content, None, content or b""), server)
            return
        yield SendHttp(RequestHeaders(self.stream_id, request, not (content or trailers)), server)
        if content:
            yield SendHttp(RequestData(self.stream_id, content), server)
        if trailers:
            yield SendHttp(RequestTrailers(self.stream_id, trailers), server)
        yield SendHttp(RequestEndOfMessage(self.stream_id), server)

    # --- the answer

    def _whole_answer(self, event: WholeAnswer) -> CommandGenerator:
        if self.server_state != self.state_wait_for_response_headers:
            yield from self._in_parts(event)
            return
        if not self.takes_answer(event.response):
            yield from self.discarded()
            return
        flow = self.flow
        flow.response = event.response
        if not event.is_plain and (yield from self.check_invalid(False)):
            return
        yield HttpResponseHeadersHook(flow)
        if self.may_be_killed() and (yield from self.check_killed(True)):
            return
        # An add-on may have put another in its place.
        answer: http.Response = flow.response
        if event.end_stream or not answer.stream:
            answer.data.content = event.data
            yield from self.send_response()
            return
        self.server_state = self.state_stream_response_body
        data = (
            _through(answer.stream, event.data) + _through(answer.stream, b"")
            if callable(answer.stream)
            else event.data
        )
        if self._client_speaks_http1() and not answer.is_http2 and not answer.is_http3:
            yield SendHttp(WholeAnswer(self.stream_id, answer, False, data), self.context.client)
        else:
            yield SendHttp(ResponseHeaders(self.stream_id, answer, False), self.context.client)
            if data:
                yield SendHttp(ResponseData(self.stream_id, data), self.context.client)
        yield from self._streamed(answer)

    def takes_answer(self, response: http.Response) -> bool:
        """Whether an answer that has begun may be taken as the client's."""
        return True

    def discarded(self) -> CommandGenerator:
        """Goes on after the end of an answer that was not taken."""
        yield from ()

    def _in_parts(self, event: WholeAnswer) -> CommandGenerator:
        yield from self.server_state(ResponseHeaders(self.stream_id, event.response, event.end_stream))
        if event.data:
            yield from self.server_state(ResponseData(self.stream_id, event.data))
        yield from self.server_state(ResponseEndOfMessage(self.stream_id))

    def _streamed(self, answer: http.Response) -> CommandGenerator:
        """``send_response(already_streamed=True)`` for what is no WebSocket and has no trailers."""
        # The client shall not wait for those who only look at what it got.
        yield Flush()
        answer.timestamp_end = time.time()
        hook = HttpResponseHook(self.flow)
        hook.at_once = True  # type: ignore[attr-defined]
        yield hook
        self.server_state = self.state_done
        if self.may_be_killed() and (yield from self.check_killed(False)):
            return
        if self.client_state == self.state_done:
            yield from self.flow_done()

    def _streams_plainly(self) -> bool:
        return self.server_state == self.state_stream_response_body and self._client_speaks_http1()

    def _piece(self, event: ResponseData) -> CommandGenerator:
        answer: http.Response = self.flow.response  # type: ignore[assignment]
        data = _through(answer.stream, event.data) if callable(answer.stream) else event.data
        if not data:
            return
        if self._is_chunked is None:
            self._is_chunked = is_chunked(answer)
        yield commands.SendData(self.context.client, b"%x\r\n%s\r\n" % (len(data), data) if self._is_chunked else data)


def _through(stream: Any, data: bytes) -> bytes:
    pieces = stream(data)
    return pieces if isinstance(pieces, bytes) else b"".join(pieces)
