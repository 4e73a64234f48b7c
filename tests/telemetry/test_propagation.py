"""W3C trace context in and out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.record import SpanIds
from agw.telemetry.propagation import SpanContextIn, format_traceparent, outgoing_traceparent, parse

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def test_a_well_formed_context_is_read_whole():
    assert parse(f"00-{TRACE}-{SPAN}-01", "a=1,b=2") == SpanContextIn(TRACE, SPAN, 1, "a=1,b=2")
    assert parse(f" 00-{TRACE}-{SPAN}-00\t") == SpanContextIn(TRACE, SPAN, 0, "")


def test_a_later_version_in_the_same_shape_is_read():
    assert parse(f"cc-{TRACE}-{SPAN}-03") == SpanContextIn(TRACE, SPAN, 3)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "",
        "00",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-0g",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01\n",
        f"00-{TRACE}-{SPAN}-٠١",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01, 00-{TRACE}-{SPAN}-01",
    ],
)
def test_anything_else_is_no_context(wrong):
    assert parse(wrong, "a=1") is None


@pytest.mark.parametrize("state", ["x" * 513, "a=\x00", "a=ä", "a=1\r\nx: y"])
def test_a_tracestate_that_is_too_long_or_not_printable_is_left_out(state):
    assert parse(f"00-{TRACE}-{SPAN}-01", state) == SpanContextIn(TRACE, SPAN, 1, "")


def test_a_tracestate_of_the_greatest_length_is_kept():
    found = parse(f"00-{TRACE}-{SPAN}-01", "x" * 512)
    assert found is not None
    assert len(found.trace_state) == 512


@given(st.text())
def test_no_text_whatever_raises(text):
    parse(text, text)


@given(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.integers(0, 255))
def test_what_is_written_is_read_back(trace, span, flags):
    found = parse(format_traceparent(f"{trace:032x}", f"{span:016x}", flags))
    assert found == SpanContextIn(f"{trace:032x}", f"{span:016x}", flags)


def test_a_sampled_call_sends_its_own_span_id_on():
    assert outgoing_traceparent(SpanIds(TRACE, SPAN)) == f"00-{TRACE}-{SPAN}-01"


def test_a_call_that_the_caller_did_not_sample_still_sends_a_span_id_on():
    ids = SpanIds(TRACE, SPAN, "1" * 16, sampled=False, trace_flags=0)
    assert outgoing_traceparent(ids) == f"00-{TRACE}-{SPAN}-00"


def test_a_call_that_we_did_not_sample_leaves_the_header_alone():
    assert outgoing_traceparent(SpanIds(TRACE, SPAN, sampled=False, trace_flags=0)) is None
