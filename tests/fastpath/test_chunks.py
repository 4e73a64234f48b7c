"""A body's pieces are joined where they came together, and nothing else is different from mitmproxy's own reading."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy import options
from mitmproxy.connection import ConnectionState
from mitmproxy.proxy import events
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http._http1 import Http1Client, make_body_reader
from mitmproxy.test import tflow

from agw.fastpath.chunks import joined

Read = list[tuple[str, Any]]


def read(cut: list[bytes], length: int | None, *, fast: bool, close: bool = False) -> Read:
    """What a client's connection makes of these reads: data (joined up here), ends, errors, closings."""
    connection = tflow.tserver_conn()
    connection.state = ConnectionState.OPEN
    context = Context(tflow.tclient_conn(), options.Options())
    context.server = connection
    layer = Http1Client(context)
    layer.stream_id, layer.request, layer.response = 1, tflow.treq(), tflow.tresp()
    layer.response.headers.clear()
    layer.response.headers["content-length"] = "0"
    layer.request_done = True
    layer.body_reader = make_body_reader(length)
    read_body = joined(Http1Client.read_body) if fast else Http1Client.read_body
    layer.state = lambda event: read_body(layer, event)
    seen: Read = []
    whole: list[events.Event] = [events.DataReceived(connection, piece) for piece in cut]
    if close:
        whole.append(events.ConnectionClosed(connection))
    for event in whole:
        for command in layer._handle_event(event):
            said = getattr(command, "event", command)
            seen.append((type(said).__name__, getattr(said, "data", getattr(said, "message", None))))
        if layer.response_done or layer.response is None:
            break
    return seen


def told(seen: Read) -> Read:
    """The same with neighbouring data joined."""
    out: Read = []
    for kind, value in seen:
        if kind == "ResponseData" and out and out[-1][0] == kind:
            out[-1] = (kind, out[-1][1] + value)
        else:
            out.append((kind, value))
    return out


def chunked(pieces: list[bytes]) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def cut_at(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [piece for begin, end in zip(edges, edges[1:], strict=False) if (piece := data[begin:end])]


pieces = st.lists(st.binary(min_size=1, max_size=40), max_size=6)
places = st.lists(st.integers(0, 500), max_size=6)


@given(pieces, places)
def test_chunked_bodies_read_the_same_however_they_are_cut(pieces: list[bytes], places: list[int]) -> None:
    cut = cut_at(chunked(pieces), places)
    assert told(read(cut, None, fast=True)) == told(read(cut, None, fast=False))


@given(pieces, places, st.binary(min_size=1, max_size=10))
def test_what_is_no_chunk_is_told_after_what_was(pieces: list[bytes], places: list[int], wrong: bytes) -> None:
    cut = cut_at(chunked(pieces)[:-5] + b"zz" + wrong + b"\r\n\r\n", places)
    assert told(read(cut, None, fast=True)) == told(read(cut, None, fast=False))


@given(pieces, places, st.integers(0, 200))
def test_bodies_with_a_length_and_until_the_end_read_the_same(
    pieces: list[bytes], places: list[int], length: int
) -> None:
    cut = cut_at(b"".join(pieces), places)
    for size in (length, -1):
        assert told(read(cut, size, fast=True, close=True)) == told(read(cut, size, fast=False, close=True))


def test_chunks_that_came_with_one_read_are_one_piece() -> None:
    (data, end) = read([chunked([b"a", b"b", b"c"])], None, fast=True)
    assert data == ("ResponseData", b"abc")
    assert end[0] == "ResponseEndOfMessage"


@pytest.mark.parametrize("together", [True, False])
def test_a_chunk_does_not_wait_for_the_next(together: bool) -> None:
    cut = [b"1\r\na\r\n", b"1\r\nb\r\n"] if not together else [b"1\r\na\r\n1\r\nb\r\n1\r\nc"]
    assert [value for _, value in read(cut, None, fast=True)] == ([b"abc"] if together else [b"a", b"b"])
