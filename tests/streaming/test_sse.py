"""Server-sent events, however the bytes are cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agw.streaming.sse import Framer, SseEvent, parse

STREAM = (
    '\ufeffdata: {"a": 1}\n\nevent: x\r\ndata: one\r\ndata: zw\u00f6lf\r\n\r\n: a comment\n\n'
    "data:tight\r\rid: 7\ndata: \U0001f600\n\ndata: [DONE]\n\ndata: unfinished"
).encode()
EVENTS = [
    SseEvent("", '{"a": 1}'),
    SseEvent("x", "one\nzw\u00f6lf"),
    SseEvent("", "tight"),
    SseEvent("", "\U0001f600"),
    SseEvent("", "[DONE]"),
    SseEvent("", "unfinished"),
]


def read(pieces: list[bytes]) -> tuple[list[SseEvent], bytes]:
    framer = Framer()
    blocks = [block for piece in pieces for block in framer.feed(piece)]
    blocks.append(framer.flush())
    return [event for block in blocks if (event := parse(block)) is not None], b"".join(blocks)


def test_every_cut_in_two_gives_the_same_events_and_the_same_bytes():
    for at in range(len(STREAM) + 1):
        assert read([STREAM[:at], STREAM[at:]]) == (EVENTS, STREAM), at


def test_single_bytes_give_the_same_events():
    assert read([STREAM[i : i + 1] for i in range(len(STREAM))]) == (EVENTS, STREAM)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=8))
def test_any_bytes_cut_anywhere_come_out_unchanged(data, cuts):
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[a:b] for a, b in zip(places, places[1:], strict=False)]
    assert read(pieces)[1] == data


@given(
    st.lists(st.sampled_from([b"data: a", b"\n", b"\r", b"\r\n", b"event: e", b": c"]), max_size=30), st.integers(1, 7)
)
def test_line_ends_of_every_kind_mean_the_same_whole_and_in_pieces(parts, size):
    data = b"".join(parts)
    assert read([data[i : i + size] for i in range(0, len(data), size)])[0] == read([data])[0]


def test_a_named_event_of_two_lines_is_read_as_any_other():
    assert parse(b"event: x\ndata: {\xff}\n\n") == SseEvent("x", "{\ufffd}")
    assert parse(b"event: x\ndata:  y\n\n") == SseEvent("x", " y")
    assert parse(b"event: x\ndata: y\ndata: z\n\n") == SseEvent("x", "y\nz")
    assert parse(b"event: x\nid: 1\n\n") is None
    assert parse(b"event: x\rdata: y\n\n") == SseEvent("x", "y")
