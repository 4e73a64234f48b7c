"""mitmproxy's HTTP layer with what an addon cannot do from a hook.

* **The credential is only on the wire.** The flow that mitmweb shows and ``-w`` saves holds masked headers; the real
  ones are put on the copy that goes upstream, and only if that copy goes where the plan says.
* **A try that failed may be followed by another**, as long as nothing of its answer went to the client: no
  connection, no answer, or a status that says more of the target than of the request.
* **An upstream that cannot be reached is answered, not cut.** mitmproxy sends its own HTML page, which no SDK reads;
  here the ``error`` hook may set ``flow.response``, and the client gets that.
* **A body over the limit is not kept.** It is read to its end, so that the client hears the answer.
* **A body that passes unread is not kept either** (unread.py), so no try follows the first.

::

    request complete ──► gateway_attempt ──► connect, send ──► answer's head ──► (mitmproxy's way)
                             ▲                   │ failed          │ a status that gives way
                             └───────────────────┴──── discard ◄───┘
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from mitmproxy import flow, http
from mitmproxy.connection import Server
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import (
    DropStream,
    GetHttpConnection,
    HttpErrorHook,
    HttpLayer,
    HttpStream,
    RequestData,
    RequestEndOfMessage,
    RequestHeaders,
    RequestProtocolError,
    RequestTrailers,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    ResponseProtocolError,
    SendHttp,
)

from agw.hooks.failures import upstream_error, was_stale
from agw.hooks.plan import plan_of
from agw.hooks.wire import wire_request
from agw.retry_after import retry_after_s

CommandGenerator = layer.CommandGenerator[Any]

MAX_DISCARDED_BYTES = 1024 * 1024
"""Of an answer that gives way to another try; a longer one costs its connection."""


@dataclass
class GatewayAttemptHook(commands.StartHook):
    """The next try must be made ready: wait, fetch credentials, point the flow at its target."""

    flow: http.HTTPFlow


class GatewayLayer(HttpLayer):
    """Makes the streams below; everything else is mitmproxy's."""

    def make_stream(self, stream_id: int) -> CommandGenerator:
        self.streams[stream_id] = GatewayStream(self.context.fork(), stream_id)
        yield from self.event_to_child(self.streams[stream_id], events.Start())

    def get_connection(self, event: GetHttpConnection, *, reuse: bool = True) -> CommandGenerator:
        # mitmproxy would answer with the old error for as long as the client stays connected.
        for connection in [one for one in self.connections if isinstance(one, Server) and one.error]:
            if connection not in self.waiting_for_establishment:
                del self.connections[connection]
        yield from super().get_connection(event, reuse=reuse)


class GatewayStream(HttpStream):
    """One request and its answer."""

    _discarded_bytes = 0
    _received_bytes = 0

    def __init__(self, context: Context, stream_id: int) -> None:
        super().__init__(context, stream_id)
        self._sha256 = hashlib.sha256()

    def _handle_event(self, event: events.Event) -> CommandGenerator:
        yield from self._on_the_wire(super()._handle_event(event))

    def _on_the_wire(self, generator: CommandGenerator) -> CommandGenerator:
        reply = None
        while True:
            try:
                command = generator.send(reply)
            except StopIteration:
                return
            if isinstance(command, SendHttp) and isinstance(command.event, RequestHeaders):
                sent = command.event
                command.event = RequestHeaders(
                    sent.stream_id, wire_request(self.flow.request, plan_of(self.flow)), sent.end_stream
                )
            reply = yield command

    # --- the request

    def state_consume_request_body(self, event: events.Event) -> CommandGenerator:
        if isinstance(event, RequestData):
            plan = plan_of(self.flow)
            self._received_bytes += len(event.data)
            self._sha256.update(event.data)
            if plan is not None and plan.max_body_bytes is not None and self._received_bytes > plan.max_body_bytes:
                plan.too_large = True
                self.request_body_buf.clear()
                return
        elif isinstance(event, RequestEndOfMessage) and (plan := plan_of(self.flow)) is not None:
            plan.request_sha256 = self._sha256.hexdigest()
        yield from super().state_consume_request_body(event)

    def make_server_connection(self) -> CommandGenerator:
        plan = plan_of(self.flow)
        if plan is not None and plan.needs_attempt_hook:
            yield GatewayAttemptHook(self.flow)
            if (yield from self.check_killed(True)):
                return False
            if self.flow.response is not None:
                yield from self._answer(self.flow.response)
                return False
        made = yield from super().make_server_connection()
        return made

    # --- a try that failed

    def state_wait_for_response_headers(self, event: events.Event) -> CommandGenerator:
        plan = plan_of(self.flow)
        if (
            isinstance(event, ResponseHeaders)
            and plan is not None
            and plan.tries is not None
            and not self.flow.request.stream
            and plan.tries.gives_way_to_status(
                event.response.status_code, retry_after_s(event.response.headers.get("retry-after"))
            )
        ):
            self._discarded_bytes = 0
            self.server_state = self.state_discard_answer
            plan.needs_attempt_hook = plan.again = True
            return
        yield from super().state_wait_for_response_headers(event)

    def state_discard_answer(self, event: events.Event) -> CommandGenerator:
        if isinstance(event, ResponseData):
            self._discarded_bytes += len(event.data)
            if self._discarded_bytes > MAX_DISCARDED_BYTES and self.flow.server_conn.connected:
                # Its end is told as an event of its own, which then leads on.
                yield commands.CloseConnection(self.flow.server_conn)
        elif isinstance(event, ResponseEndOfMessage):
            yield from self._try_again()

    def _try_again(self) -> CommandGenerator:
        self.flow.error = None
        self.server_state = self.state_wait_for_response_headers
        if not (yield from self.make_server_connection()):
            return
        request = self.flow.request
        content = request.raw_content
        server = self.context.server
        yield SendHttp(RequestHeaders(self.stream_id, request, not (content or request.trailers)), server)
        if content:
            yield SendHttp(RequestData(self.stream_id, content), server)
        if request.trailers:
            yield SendHttp(RequestTrailers(self.stream_id, request.trailers), server)
        yield SendHttp(RequestEndOfMessage(self.stream_id), server)

    def handle_protocol_error(
        self, event: RequestProtocolError | ResponseProtocolError
    ) -> Generator[commands.Command, Any, None]:
        if isinstance(event, ResponseProtocolError) and self.server_state == self.state_discard_answer:
            yield from self._try_again()
            return
        answerable = (
            isinstance(event, ResponseProtocolError)
            and self.flow.response is None
            and (self.client_state == self.state_done or self._waits_to_stream)
            and self.server_state != self.state_errored
        )
        if not answerable:
            yield from super().handle_protocol_error(event)
            return
        plan = plan_of(self.flow)
        if plan is not None and plan.tries is not None and not self.flow.request.stream:
            kind = upstream_error(self.flow, plan, event.message).error_type
            if plan.tries.gives_way_to_error(kind, stale=was_stale(self.flow, event.message)):
                plan.needs_attempt_hook = plan.again = True
                yield from self._try_again()
                return
        self.flow.error = flow.Error(event.message)
        yield HttpErrorHook(self.flow)
        if (yield from self.check_killed(False)):
            return
        # mypy keeps the None from above: the hook may have set it meanwhile.
        answer: http.Response | None = self.flow.response
        if answer is None:
            yield SendHttp(event, self.context.client)
            self.server_state = self.state_errored
            self.flow.live = False
            yield DropStream(self.stream_id)
        else:
            yield from self._answer(answer)

    @property
    def _waits_to_stream(self) -> bool:
        """A request whose body is not kept, and of which nothing has been sent yet."""
        return bool(self.flow.request.stream) and self.client_state == self.state_wait_for_request_headers

    def _answer(self, answer: http.Response) -> CommandGenerator:
        """The gateway's own answer, where mitmproxy would have had none."""
        yield SendHttp(ResponseHeaders(self.stream_id, answer, False), self.context.client)
        yield SendHttp(ResponseData(self.stream_id, answer.raw_content or b""), self.context.client)
        yield SendHttp(ResponseEndOfMessage(self.stream_id), self.context.client)
        self.server_state = self.state_errored
        self.flow.live = False
        yield DropStream(self.stream_id)
