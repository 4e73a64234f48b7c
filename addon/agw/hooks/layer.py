"""mitmproxy's HTTP layer with the two things that an addon cannot do from a hook.

* **The credential is only on the wire.** The flow that mitmweb shows and ``-w`` saves holds masked headers; the real
  ones are put on the copy that goes upstream, and only if that copy goes where the plan says.
* **An upstream that cannot be reached is answered, not cut.** mitmproxy sends its own HTML page, which no SDK reads;
  here the ``error`` hook may set ``flow.response``, and the client gets that.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from mitmproxy import flow, http
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers.http import (
    DropStream,
    HttpErrorHook,
    HttpLayer,
    HttpStream,
    RequestHeaders,
    RequestProtocolError,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    ResponseProtocolError,
    SendHttp,
)

from agw.hooks.plan import plan_of
from agw.hooks.wire import wire_request

CommandGenerator = layer.CommandGenerator[Any]


class GatewayLayer(HttpLayer):
    """Makes the streams below; everything else is mitmproxy's."""

    def make_stream(self, stream_id: int) -> CommandGenerator:
        self.streams[stream_id] = GatewayStream(self.context.fork(), stream_id)
        yield from self.event_to_child(self.streams[stream_id], events.Start())


class GatewayStream(HttpStream):
    """One request and its answer."""

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

    def handle_protocol_error(
        self, event: RequestProtocolError | ResponseProtocolError
    ) -> Generator[commands.Command, Any, None]:
        answerable = (
            isinstance(event, ResponseProtocolError)
            and self.flow.response is None
            and self.client_state == self.state_done
            and self.server_state != self.state_errored
        )
        if not answerable:
            yield from super().handle_protocol_error(event)
            return
        self.flow.error = flow.Error(event.message)
        yield HttpErrorHook(self.flow)
        if (yield from self.check_killed(False)):
            return
        # mypy keeps the None from above: the hook may have set it meanwhile.
        answer: http.Response | None = self.flow.response
        if answer is None:
            yield SendHttp(event, self.context.client)
        else:
            yield SendHttp(ResponseHeaders(self.stream_id, answer, False), self.context.client)
            yield SendHttp(ResponseData(self.stream_id, answer.raw_content or b""), self.context.client)
            yield SendHttp(ResponseEndOfMessage(self.stream_id), self.context.client)
        self.server_state = self.state_errored
        self.flow.live = False
        yield DropStream(self.stream_id)
