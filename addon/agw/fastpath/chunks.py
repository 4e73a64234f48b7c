"""The chunks of a body that one read has brought go through the layers as one.

Reason: each chunk passes a dozen generators by itself, even where a hundred came with one read. Worth: streams of many
chunks twice as fast. Leans on: ``Http1Connection.read_body`` asking h11's body reader until it has no more, and on
nobody being promised where a piece of a body begins and ends.

Nothing waits: what is joined is in the buffer already.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import h11
from mitmproxy.proxy import events
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._http1 import Http1Connection

LEANS_ON = (Http1Connection.read_body,)

ReadBody = Callable[[Any, events.Event], Any]


class _Again:
    """A body reader that says once more what another has said last."""

    def __init__(self, said: Any) -> None:
        self._said = said

    def __call__(self, _: Any) -> Any:
        if isinstance(self._said, Exception):
            raise self._said
        return self._said


def joined(original: ReadBody) -> ReadBody:
    """What takes the place of ``original``, ``Http1Connection.read_body``; that one still handles ends and errors."""

    def read_body(self: Any, event: events.Event) -> Any:
        if not isinstance(event, events.DataReceived):
            yield from original(self, event)
            return
        reader, buffer, pieces = self.body_reader, self.buf, []
        said: Any
        while True:
            try:
                said = reader(buffer)
            except h11.ProtocolError as error:
                said = error
                break
            if not isinstance(said, h11.Data):
                break
            if said.data:
                pieces.append(said.data)
        if pieces:
            data = bytes(pieces[0]) if len(pieces) == 1 else b"".join(pieces)
            yield ReceiveHttp(self.ReceiveData(self.stream_id, data))
        if said is not None:
            self.body_reader = again = _Again(said)
            yield from original(self, event)
            if self.body_reader is again:
                self.body_reader = reader

    return read_body
