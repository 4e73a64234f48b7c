"""Amazon's frames and Google's arrays: the same events however the bytes are cut, and never an exception."""

from __future__ import annotations

import builtins
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agw.streaming import eventstream, json_array
from agw.streaming.eventstream import EventStream
from agw.streaming.json_array import JsonArray
from agw.streaming.sse import SseEvent
from support.eventstream import event, exception, frame, invoked

STREAM = b"".join(
    [
        event("messageStart", {"role": "assistant"}),
        event("contentBlockDelta", {"delta": {"text": "zwölf \U0001f600"}, "contentBlockIndex": 0}),
        invoked({"type": "message_stop"}),
        exception("throttlingException", "slow down"),
        frame(b"", message_type="error", error_code="InternalError", error_message="sorry"),
    ]
)
EVENTS = [
    SseEvent("messageStart", '{"role": "assistant"}'),
    SseEvent("contentBlockDelta", json.dumps({"delta": {"text": "zwölf \U0001f600"}, "contentBlockIndex": 0})),
    SseEvent("message_stop", '{"type": "message_stop"}'),
    SseEvent("throttlingException", '{"message": "slow down"}'),
    SseEvent("InternalError", '{"message": "sorry"}'),
]
OBJECTS = [{"a": '}{"\\', "b": [{"c": {}}]}, {}, {"text": "zwölf \U0001f600 \\"}]
ARRAY = json.dumps(OBJECTS, indent=1, ensure_ascii=False).encode()


def read(reader, data, size):
    events = []
    for at in range(0, len(data), size):
        events += reader.feed(data[at : at + size])
    return events + reader.flush()


@pytest.mark.parametrize("size", [*range(1, 40), len(STREAM)])
def test_frames_cut_anywhere_give_the_same_events(size):
    reader = EventStream()
    assert read(reader, STREAM, size) == EVENTS
    assert reader.unreadable is None


@pytest.mark.parametrize("size", [*range(1, 40), len(ARRAY)])
def test_an_array_cut_anywhere_gives_the_same_objects(size):
    reader = JsonArray()
    assert [json.loads(one.data) for one in read(reader, ARRAY, size)] == OBJECTS
    assert reader.unreadable is None


def test_a_wrong_checksum_ends_the_reading_and_says_why():
    broken = bytearray(STREAM)
    broken[len(event("messageStart", {"role": "assistant"})) + 60] ^= 1
    reader = EventStream()
    assert read(reader, bytes(broken), 50) == EVENTS[:1]
    assert "ChecksumMismatch" in reader.unreadable


def test_a_stream_cut_within_a_frame_says_so():
    reader = EventStream()
    assert read(reader, STREAM[:-3], 50) == EVENTS[:-1]
    assert reader.unreadable == "the event stream ends within a frame"


@pytest.mark.parametrize(("module", "reader"), [(eventstream, EventStream), (json_array, JsonArray)])
def test_what_never_ends_is_not_kept(module, reader, monkeypatch):
    monkeypatch.setattr(module, "MAX_EVENT_BYTES", 1000)
    one = reader()
    piece = frame(b"x" * 5000, message_type="event")[:4000] if module is eventstream else b'[{"a": "' + b"x" * 4000
    assert read(one, piece, 100) == []
    assert "too large" in one.unreadable
    assert one.feed(STREAM) == []


@given(st.binary(max_size=300), st.integers(1, 50))
@example(b"\x00\x00\x00\x0c\x00\x00\x00\x00" + b"\x00" * 40, 7)
def test_any_bytes_are_read_or_given_up(data, size):
    for reader in (EventStream(), JsonArray()):
        read(reader, data, size)


@given(st.lists(st.tuples(st.integers(0, len(STREAM) - 1), st.integers(0, 255)), max_size=4), st.integers(1, 90))
def test_any_damage_is_read_or_given_up(changes, size):
    data = bytearray(STREAM)
    for at, value in changes:
        data[at] = value
    assert all(isinstance(one, SseEvent) for one in read(EventStream(), bytes(data), size))


def test_a_missing_botocore_is_told_with_the_extra_to_install(monkeypatch):
    real = builtins.__import__

    def refuse(name, *rest, **more):
        if name.startswith("botocore"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ImportError, match=r"agw\[bedrock\]"):
        EventStream()
