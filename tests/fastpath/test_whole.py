"""Whole messages come to the same end as mitmproxy's parts: the same hooks, bytes, closings and flows."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy import connection, http, options
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.connection import ConnectionState
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import HTTPMode, HttpStream
from mitmproxy.test import taddons

from agw.fastpath import FastPath, install
from agw.fastpath.install import PIECES
from agw.fastpath.whole import NEEDS_PARTS, WholeAnswer, WholeRequest
from agw.fastpath.whole_layers import WholeLayer, WholeStream

REQUEST = b"POST /v1/x HTTP/1.1\r\nHost: example\r\nContent-Length: 5\r\n\r\nhello"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nanswer!"


class Layer(WholeLayer):
    """Notes which whole messages its streams were given."""

    def __init__(self, context: Context, seen: list[str]) -> None:
        super().__init__(context, HTTPMode.transparent)
        self._seen = seen

    def new_stream(self, stream_id: int) -> HttpStream:
        seen = self._seen

        class Stream(WholeStream):
            def _handle_event(self, event: events.Event) -> Any:
                if type(event) in (WholeRequest, WholeAnswer):
                    seen.append(type(event).__name__)
                return super()._handle_event(event)

        return Stream(self.context.fork(), stream_id)


@dataclass
class Told:
    """All that can be seen of it from outside."""

    hooks: list[str] = field(default_factory=list)
    to_client: bytes = b""
    to_server: list[bytes] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    flows: list[tuple[Any, ...]] = field(default_factory=list)
    has_crashed: bool = False


class Way:
    """One client's connection, and the connections to the provider that it leads to.

    ``does`` maps a hook's name to what an add-on does there.
    """

    def __init__(self, does: dict[str, Any]) -> None:
        client = connection.Client(
            peername=("127.0.0.1", 1), sockname=("127.0.0.1", 2), timestamp_start=1.0, state=ConnectionState.OPEN
        )
        opts = options.Options()
        Proxyserver().load(_Loader(opts))
        context = Context(client, opts)
        context.server.address = ("provider", 80)
        self.client, self.does, self.told = client, does, Told()
        self.whole: list[str] = []
        self.servers: list[connection.Server] = []
        self._sent: dict[connection.Connection, bytes] = defaultdict(bytes)
        self._flows: dict[str, http.HTTPFlow] = {}
        self._layer = Layer(context, self.whole)
        self._handle(events.Start())

    def from_client(self, data: bytes) -> None:
        if self.client.state & ConnectionState.CAN_READ:
            self._handle(events.DataReceived(self.client, data))

    def from_server(self, data: bytes) -> None:
        """From the connection that was opened last; an empty piece ends it."""
        if not self.servers or not self.servers[-1].connected:
            return
        server = self.servers[-1]
        if data:
            self._handle(events.DataReceived(server, data))
        else:
            server.state &= ~ConnectionState.CAN_READ
            self._handle(events.ConnectionClosed(server))

    def client_leaves(self) -> None:
        if self.client.connected:
            self.client.state = ConnectionState.CLOSED
            self._handle(events.ConnectionClosed(self.client))

    def end(self) -> Told:
        self.told.to_client = self._sent[self.client]
        self.told.to_server = [self._sent[server] for server in self.servers]
        self.told.flows = [
            (
                flow.request.method,
                flow.request.raw_content,
                flow.response and (flow.response.status_code, flow.response.raw_content),
                flow.error and flow.error.msg,
                flow.live,
            )
            for flow in self._flows.values()
        ]
        return self.told

    def _handle(self, event: events.Event) -> None:
        waiting: deque[events.Event] = deque([] if self.told.has_crashed else [event])
        try:
            self._work_off(waiting)
        except (AssertionError, NotImplementedError, RecursionError):
            # There are add-ons that mitmproxy's layers do not survive.
            self.told.has_crashed = True

    def _work_off(self, waiting: deque[events.Event]) -> None:
        while waiting:
            for command in self._layer.handle_event(waiting.popleft()):
                if isinstance(command, commands.StartHook):
                    self._hook(command)
                    waiting.append(events.HookCompleted(command, None))
                elif isinstance(command, commands.OpenConnection):
                    command.connection.state = ConnectionState.OPEN
                    self.servers.append(command.connection)
                    waiting.append(events.OpenConnectionCompleted(command, None))
                elif isinstance(command, commands.SendData):
                    self._sent[command.connection] += command.data
                elif isinstance(command, commands.CloseConnection):
                    who = "client" if command.connection is self.client else "server"
                    self.told.closed.append(who)
                    command.connection.state = ConnectionState.CLOSED

    def _hook(self, hook: Any) -> None:
        # mitmproxy's own layers go round in circles where nobody takes a connection from them that they have closed.
        if len(self.told.hooks) > 100:
            raise RecursionError
        self.told.hooks.append(hook.name)
        if isinstance(flow := getattr(hook, "flow", None), http.HTTPFlow):
            self._flows[flow.id] = flow
            if (act := self.does.get(hook.name)) is not None:
                act(flow)


class _Loader:
    """Only the options of the proxy itself."""

    def __init__(self, opts: options.Options) -> None:
        self._options = opts

    def add_option(self, name: str, kind: Any, default: Any, text: str, choices: Any = None) -> None:
        self._options.add_option(name, kind, default, text, choices)

    def add_command(self, *_: object) -> None:
        pass


@contextmanager
def whole_messages() -> Iterator[FastPath]:
    with taddons.context(Proxyserver()) as context:
        fast = install(context.master, without=set(PIECES) - {"whole", "inline", "dispatch", "unpaused"})
        try:
            yield fast
        finally:
            fast.remove()


def both_ways(pieces: list[tuple[str, bytes]], does: dict[str, Any] | None = None) -> tuple[Told, Told, list[str]]:
    """What mitmproxy's own way leads to, what the short one does, and which messages went whole."""

    def go() -> Way:
        way = Way(does or {})
        for kind, data in pieces:
            if kind == "client":
                way.from_client(data)
            elif kind == "server":
                way.from_server(data)
            else:
                way.client_leaves()
        return way

    plain = go()
    assert plain.whole == []
    with whole_messages():
        fast = go()
    return plain.end(), fast.end(), fast.whole


CALL = [("client", REQUEST), ("server", ANSWER)]


def test_a_call_that_comes_in_two_packets_goes_whole() -> None:
    plain, fast, whole = both_ways(CALL * 3)
    assert whole == ["WholeRequest", "WholeAnswer"] * 3
    assert fast == plain
    assert fast.to_client == ANSWER * 3
    assert fast.hooks == ["requestheaders", "request", "responseheaders", "response"] * 3


def streamed(flow: http.HTTPFlow) -> None:
    assert flow.response is not None
    flow.response.stream = lambda data: data.upper()


def streamed_in_pieces(flow: http.HTTPFlow) -> None:
    assert flow.response is not None
    flow.response.headers.pop("content-length", None)
    flow.response.headers["transfer-encoding"] = "chunked"
    flow.response.stream = lambda data: [data] if data else []


def answered(flow: http.HTTPFlow) -> None:
    flow.response = http.Response.make(403, b"no")


def killed(flow: http.HTTPFlow) -> None:
    flow.kill()


def streams_request(flow: http.HTTPFlow) -> None:
    flow.request.stream = True


def replaced(flow: http.HTTPFlow) -> None:
    assert flow.response is not None
    flow.response = http.Response.make(200, b"another", {"content-type": "text/plain"})


def ends_with_the_request(flow: http.HTTPFlow) -> None:
    flow.request.headers["connection"] = "close"


def ends_with_the_answer(flow: http.HTTPFlow) -> None:
    assert flow.response is not None
    flow.response.headers["connection"] = "close"


def ends_in_a_chunk(flow: http.HTTPFlow) -> None:
    assert flow.response is not None
    flow.response.headers["transfer-encoding"] = "chunked"


def says_nothing_of_its_end(flow: http.HTTPFlow) -> None:
    assert flow.response is not None
    flow.response.headers.pop("content-length", None)


def streamed_and(then: Any) -> dict[str, Any]:
    return {"responseheaders": streamed, "response": then}


DOINGS: list[dict[str, Any]] = [
    {},
    {"responseheaders": streamed},
    {"responseheaders": streamed_in_pieces},
    {"request": answered},
    {"requestheaders": answered},
    {"requestheaders": killed},
    {"request": killed},
    {"responseheaders": killed},
    {"response": killed},
    {"requestheaders": streams_request},
    {"response": replaced},
    {"requestheaders": ends_with_the_request},
    {"request": ends_with_the_request},
    streamed_and(ends_with_the_request),
    streamed_and(ends_with_the_answer),
    streamed_and(ends_in_a_chunk),
    streamed_and(says_nothing_of_its_end),
    {"response": ends_in_a_chunk},
]


@pytest.mark.parametrize("does", DOINGS)
def test_what_an_add_on_does_has_the_same_end(does: dict[str, Any]) -> None:
    plain, fast, whole = both_ways(CALL * 2, does)
    assert whole[0] == "WholeRequest"
    assert fast == plain


HEADS = (
    b"POST /v1/x HTTP/1.1\r\nHost: example\r\nContent-Length: 5\r\n\r\n",
    b"POST /v1/x HTTP/1.1\r\nHost: example\r\nContent-Length: 5\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: example\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nHost: example\r\n\r\n",
    b"POST / HTTP/1.0\r\nHost: example\r\nContent-Length: 5\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: example\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: example\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: example\r\nContent-Length: five\r\n\r\n",
    b"POST / HTTP/1.1\nHost: example\nContent-Length: 5\n\n",
    b"\r\nPOST / HTTP/1.1\r\nHost: example\r\nContent-Length: 5\r\n\r\n",
    b"CONNECT example:443 HTTP/1.1\r\nHost: example\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: example\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    b"nonsense\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: example\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: example\r\nContent-Length: 5\r\nAuthorization: Negotiate x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: example\r\nX-Folded: a\r\n Content-Length: 7\r\nContent-Length: 5\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: example\r\nX-Bare: a\nContent-Length: 5\r\n\r\n",
    b"POST http://example/x HTTP/1.1\r\nHost: example\r\nContent-Length: 5\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost : example\r\nContent-Length: 5\r\n\r\n",
)
ANSWERS = (
    ANSWER,
    b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nanswer!",
    b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: keep-alive\r\n\r\nanswer!",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n\r\nuntil its end",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 429 Slow down\r\nContent-Length: 2\r\n\r\nno",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more",
    b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\nanswer!",
    b"nonsense\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=5\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nX-Folded: a\r\n Content-Length: 7\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n",
    b"HTTP/1.1 200\r\nContent Length: 2\r\n\r\nok",
)


def cuts(data: bytes) -> st.SearchStrategy[list[bytes]]:
    def cut(at: list[int]) -> list[bytes]:
        places = [0, *sorted(at), len(data)]
        return [data[a:b] for a, b in zip(places, places[1:], strict=False) if a < b]

    return st.lists(st.integers(0, len(data)), max_size=3).map(cut)


@st.composite
def conversations(draw: st.DrawFn) -> list[tuple[str, bytes]]:
    said: list[tuple[str, bytes]] = []
    for _ in range(draw(st.integers(1, 3))):
        head = draw(st.sampled_from(HEADS))
        body = b"hello" if b"Content-Length: 5" in head else b""
        rest = draw(st.sampled_from((b"", b"", b"", REQUEST)))
        said += [("client", piece) for piece in draw(cuts(head + body + rest))]
        said += [("server", piece) for piece in draw(cuts(draw(st.sampled_from(ANSWERS))))]
        if draw(st.booleans()) and draw(st.booleans()):
            said.append(draw(st.sampled_from((("server", b""), ("gone", b"")))))
    return said


@given(said=conversations(), does=st.sampled_from(DOINGS))
def test_whatever_is_said_has_the_same_end(said: list[tuple[str, bytes]], does: dict[str, Any]) -> None:
    plain, fast, _ = both_ways(said, does)
    assert fast == plain


@pytest.mark.parametrize("option", NEEDS_PARTS)
def test_options_that_look_at_parts_get_parts(option: str) -> None:
    with taddons.context(Proxyserver()) as context:
        fast = install(context.master, without=set(PIECES) - {"whole", "inline", "dispatch"})
        try:
            assert WholeLayer.takes_whole
            context.options.update(**{option: True if option == "store_streamed_bodies" else "1m"})
            assert not WholeLayer.takes_whole
            context.options.reset()
            assert WholeLayer.takes_whole
        finally:
            fast.remove()
        assert not WholeLayer.takes_whole
