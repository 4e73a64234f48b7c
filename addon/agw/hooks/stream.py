"""mitmproxy's HTTP layer with what an addon cannot do from a hook.

* **The credential is only on the wire.** The flow that mitmweb shows and ``-w`` saves holds masked headers; the real
  ones are put on the copy that goes upstream, and only if that copy goes where the plan says.
* **A try that failed may be followed by another**, as long as nothing of its answer went to the client: no
  connection, no answer, or a status that says more of the target than of the request.
* **An upstream that cannot be reached is answered, not cut.** mitmproxy sends its own HTML page, which no SDK reads;
  here the ``error`` hook may set ``flow.response``, and the client gets that.
* **A stream that breaks off ends in the client's own words.** mitmproxy cuts the client's connection; where the answer
  is translated, its error event is sent first. An answer of which the client has nothing yet is answered with an error.
* **A body over the limit is not kept.** It is read to its end, so that the client hears the answer.
* **A body that passes unread is not kept either** (unread.py), so no try follows the first.

::

    request complete ──► gateway_attempt ──► connect, send ──► answer's head ──► (mitmproxy's way)
                             ▲                   │ failed          │ a status that gives way
                             └───────────────────┴──── discard ◄───┘
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from mitmproxy import flow, http
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import (
    DropStream,
    ErrorCode,
    HttpErrorHook,
    HttpRequestHook,
    HttpResponseHeadersHook,
    HttpResponseHook,
    RequestData,
    RequestEndOfMessage,
    RequestHeaders,
    RequestProtocolError,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    ResponseProtocolError,
    SendHttp,
)

from agw.fastpath.whole_layers import WholeStream
from agw.hooks.admit import is_unwanted
from agw.hooks.failures import upstream_error, was_stale
from agw.hooks.plan import plan_of
from agw.hooks.trusted import GetTrustedConnection, made_for
from agw.hooks.wire import wire_request
from agw.retry_after import retry_after_s
from agw.streaming.translating import TranslatingTap

CommandGenerator = layer.CommandGenerator[Any]

MAX_DISCARDED_BYTES = 1024 * 1024
"""Of an answer that gives way to another try; a longer one costs its connection."""


@dataclass
class GatewayAttemptHook(commands.StartHook):
    """The next try must be made ready: wait, fetch credentials, point the flow at its target."""

    flow: http.HTTPFlow


def _over(_: events.Event) -> CommandGenerator:
    """The state of a stream that has been dropped."""
    yield from ()


class GatewayStream(WholeStream):
    """One request and its answer."""

    _discarded_bytes = 0
    _received_bytes = 0

    def __init__(self, context: Context, stream_id: int) -> None:
        super().__init__(context, stream_id)
        self._sha256 = hashlib.sha256()

    def flow_done(self) -> CommandGenerator:
        yield from super().flow_done()
        # What makes the stream hold on to itself ends, and with it everything of the call: else it is the garbage
        # collector that frees it, in pauses.
        ended = self.client_state == self.state_done and self.child_layer is None
        if ended and self._paused is None and not self._paused_event_queue:
            self.client_state = self.server_state = _over
            self.context.layers.clear()

    # --- the request

    def state_consume_request_body(self, event: events.Event) -> CommandGenerator:
        if isinstance(event, RequestData):
            if not self._takes_part(event.data):
                self.request_body_buf.clear()
                return
        elif isinstance(event, RequestEndOfMessage):
            content = bytes(self.request_body_buf)
            self.request_body_buf.clear()
            yield from self._complete(content)
            return
        yield from super().state_consume_request_body(event)

    def take_body(self, data: bytes) -> CommandGenerator:
        return self._complete(data if self._takes_part(data) else b"")

    def _takes_part(self, data: bytes) -> bool:
        """False for a part of a body that is too large."""
        plan = plan_of(self.flow)
        self._received_bytes += len(data)
        self._sha256.update(data)
        if plan is not None and plan.max_body_bytes is not None and self._received_bytes > plan.max_body_bytes:
            plan.too_large = True
            return False
        return True

    def _complete(self, content: bytes) -> CommandGenerator:
        """mitmproxy's own way for a request that has ended, but that it goes out by ``_send``."""
        request = self.flow.request
        if (plan := plan_of(self.flow)) is not None:
            plan.request_sha256 = self._sha256.hexdigest()
        request.timestamp_end = time.time()
        request.data.content = content
        self.client_state = self.state_done
        yield HttpRequestHook(self.flow)
        if self.may_be_killed() and (yield from self.check_killed(True)):
            return
        if (answer := self.flow.response) is None:
            yield from self._send()
            return
        answer.timestamp_start = time.time()
        yield HttpResponseHeadersHook(self.flow)
        if not (yield from self.check_killed(True)):
            yield from self.send_response()

    def _send(self) -> CommandGenerator:
        if (yield from self.make_server_connection()):
            yield from self.send_whole(wire_request(self.flow.request, plan_of(self.flow)))

    def start_request_stream(self) -> CommandGenerator:
        """mitmproxy's own way, but that it is the copy with the credentials that goes out."""
        if self.flow.response:
            raise NotImplementedError("Can't set a response and enable streaming at the same time.")
        if not (yield from self.make_server_connection()):
            self.client_state = self.state_errored
            return
        sent = wire_request(self.flow.request, plan_of(self.flow))
        yield SendHttp(RequestHeaders(self.stream_id, sent, False), self.context.server)
        yield commands.Log(f"Streaming request to {self.flow.request.host}.")
        self.client_state = self.state_stream_request_body

    def make_server_connection(self) -> CommandGenerator:
        flow = self.flow
        plan = plan_of(flow)
        if plan is not None and plan.needs_attempt_hook:
            yield GatewayAttemptHook(flow)
            if (yield from self.check_killed(True)):
                return False
            if flow.response is not None:
                yield HttpResponseHook(flow)
                if not (yield from self.check_killed(True)):
                    yield from self._answer(flow.response)
                return False
        policy = None if plan is None else plan.tls
        request, before = flow.request, flow.server_conn
        to, tls = (request.host, request.port), request.scheme == "https"
        asked = GetTrustedConnection(to, tls, before.via, before.transport_protocol, policy)
        connection, error = self.ready_connection(asked) or self.kept_connection(asked), None
        if connection is None:
            connection, error = yield asked
        if error:
            failed = ResponseProtocolError(self.stream_id, error, ErrorCode.CONNECT_FAILED)
            yield from self.handle_protocol_error(failed)
            return False
        self.context.server = flow.server_conn = connection
        made_for(connection, policy)
        return True

    # --- a try that failed

    def takes_answer(self, response: http.Response) -> bool:
        plan = plan_of(self.flow)
        if plan is None or plan.tries is None or self.flow.request.stream:
            return True
        if not plan.tries.gives_way_to_status(
            response.status_code,
            retry_after_s(response.headers.get("retry-after")),
            unwanted=is_unwanted(self.flow, plan, response),
        ):
            return True
        plan.needs_attempt_hook = plan.again = True
        return False

    def discarded(self) -> CommandGenerator:
        return self._try_again()

    def state_wait_for_response_headers(self, event: events.Event) -> CommandGenerator:
        if isinstance(event, ResponseHeaders) and not self.takes_answer(event.response):
            self._discarded_bytes = 0
            self.server_state = self.state_discard_answer
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
        yield from self._send()

    def handle_protocol_error(
        self, event: RequestProtocolError | ResponseProtocolError
    ) -> Generator[commands.Command, Any, None]:
        if isinstance(event, ResponseProtocolError) and self.server_state == self.state_discard_answer:
            yield from self._try_again()
            return
        if isinstance(event, ResponseProtocolError) and self.client_state == self.state_done:
            if self.server_state == self.state_stream_response_body and (tap := self._translates()) is not None:
                yield from self._end_stream(tap, event.message)
                return
            if self.server_state == self.state_consume_response_body:
                self._forget_held()
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

    def _translates(self) -> TranslatingTap | None:
        plan, answer = plan_of(self.flow), self.flow.response
        tap = None if plan is None else plan.tap
        if isinstance(tap, TranslatingTap) and tap.writes_events and answer is not None and answer.stream is tap:
            return tap
        return None

    def _forget_held(self) -> None:
        """The client has nothing yet of an answer that was waited for and broke off: it may still have another."""
        plan = plan_of(self.flow)
        if plan is None or not plan.held:
            return
        self.response_body_buf.clear()
        plan.held, plan.tap, self.flow.response = False, None, None
        if plan.tries is not None:
            plan.tries.broke_off("upstream_disconnected")

    def _end_stream(self, tap: TranslatingTap, message: str) -> CommandGenerator:
        """What the translation says of an answer without an end, and the end of the client's."""
        pieces = tap(b"")
        for piece in (pieces,) if isinstance(pieces, bytes) else pieces:
            if piece:
                yield SendHttp(ResponseData(self.stream_id, piece), self.context.client)
        self.flow.error = flow.Error(message)
        yield HttpErrorHook(self.flow)
        if (yield from self.check_killed(False)):
            return
        yield SendHttp(ResponseEndOfMessage(self.stream_id), self.context.client)
        self.server_state = self.state_errored
        self.flow.live = False
        yield DropStream(self.stream_id)

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
