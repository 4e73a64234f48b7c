"""Which calls are traced: every row of the module's table, and the shares that come of a ratio."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from agw.cel import compile_expression
from agw.config.snapshot import Sampling
from agw.policies.facts import RequestView, variables_before
from agw.telemetry.propagation import outgoing_traceparent, parse
from agw.telemetry.sampling import start

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-00"
ALWAYS, NEVER = Sampling(random=1.0, client=1.0), Sampling(random=0.0, client=0.0)


def begin(traceparent, tracestate, sampling, rng, view=RequestView()):  # noqa: B008
    return start(traceparent, tracestate, sampling, rng, lambda: variables_before(view))


def seeded() -> random.Random:
    return random.Random(20240229)


def test_a_call_without_context_begins_a_new_sampled_trace():
    ids = begin(None, None, ALWAYS, seeded())
    assert ids.sampled
    assert ids.parent_span_id is None
    assert ids.trace_flags == 1
    sent_on = parse(outgoing_traceparent(ids))
    assert sent_on is not None
    assert (sent_on.trace_id, sent_on.span_id, sent_on.flags) == (ids.trace_id, ids.span_id, 1)


def test_a_call_without_context_that_is_not_drawn_leaves_the_header_alone():
    ids = begin(None, None, NEVER, seeded())
    assert not ids.sampled
    assert outgoing_traceparent(ids) is None


def test_a_callers_trace_goes_on_under_a_new_span_id_with_its_state():
    ids = begin(SAMPLED, "vendor=1", ALWAYS, seeded())
    assert ids.sampled
    assert (ids.trace_id, ids.parent_span_id, ids.trace_state) == (TRACE, PARENT, "vendor=1")
    assert ids.span_id not in (PARENT, "0" * 16)
    assert outgoing_traceparent(ids) == f"00-{TRACE}-{ids.span_id}-01"


def test_a_caller_that_did_not_sample_gets_a_span_id_sent_on_and_no_span():
    ids = begin(UNSAMPLED, None, ALWAYS, seeded())
    assert not ids.sampled
    assert outgoing_traceparent(ids) == f"00-{TRACE}-{ids.span_id}-00"


def test_a_callers_context_that_is_not_drawn_is_left_alone():
    for traceparent in (SAMPLED, UNSAMPLED):
        ids = begin(traceparent, "vendor=1", Sampling(random=1.0, client=0.0), seeded())
        assert not ids.sampled
        assert outgoing_traceparent(ids) is None


def test_a_context_that_is_not_well_formed_counts_as_none():
    ids = begin(f"00-{TRACE}-{'0' * 16}-01", "vendor=1", Sampling(random=0.0, client=1.0), seeded())
    assert not ids.sampled
    assert ids.trace_id != TRACE


def test_without_tracing_nothing_is_sampled_and_nothing_is_sent_on():
    for traceparent in (None, SAMPLED, UNSAMPLED):
        ids = begin(traceparent, None, None, seeded())
        assert not ids.sampled
        assert outgoing_traceparent(ids) is None


def test_the_flag_for_a_random_trace_id_is_inherited_and_unknown_flags_are_not():
    assert begin(f"00-{TRACE}-{PARENT}-ff", None, ALWAYS, seeded()).trace_flags == 3


@pytest.mark.parametrize("ratio", [0.1, 0.5, 0.9])
@pytest.mark.parametrize(("traceparent", "name"), [(None, "random"), (SAMPLED, "client")])
def test_a_ratio_samples_its_share_of_calls(ratio, traceparent, name):
    sampling = Sampling(**{"random": 0.0, "client": 0.0, name: ratio})
    rng, calls = seeded(), 20_000
    share = sum(begin(traceparent, None, sampling, rng).sampled for _ in range(calls)) / calls
    assert abs(share - ratio) < 0.015


def test_ids_are_well_formed_and_do_not_repeat():
    rng = seeded()
    all_ids = [begin(None, None, ALWAYS, rng) for _ in range(2_000)]
    assert len({ids.trace_id for ids in all_ids}) == len({ids.span_id for ids in all_ids}) == 2_000
    assert all(parse(outgoing_traceparent(ids)) for ids in all_ids)


def test_zero_is_never_an_id():
    @dataclass
    class FirstZeros:
        left: list[int] = field(default_factory=lambda: [0, 0, 5, 0, 7])

        def random(self) -> float:
            return 0.0

        def getrandbits(self, bits: int, /) -> int:
            return self.left.pop(0)

    ids = begin(None, None, ALWAYS, FirstZeros())
    assert (ids.span_id, ids.trace_id) == (f"{5:016x}", f"{7:032x}")


@pytest.mark.parametrize(
    ("source", "sampled"),
    [
        ('request.headers["x-trace"] == "1"', True),
        ('request.headers["x-trace"] == "2"', False),
        ('request.headers["none"] == "1"', False),
        ("1.0", True),
        ("2.5", True),
        ("3", True),
        ("0", False),
        ("-1.0", False),
        ('"true"', False),
        ('request.path.startsWith("/v1/") && source.address == "127.0.0.1"', True),
    ],
)
def test_an_expression_over_the_head_of_the_request_decides(source, sampled):
    view = RequestView("POST", "/v1/x?y=1", "h", {"x-trace": ["1"]}, client_address="127.0.0.1")
    said = compile_expression(source)
    assert begin(None, None, Sampling(random=said, client=0.0), seeded(), view).sampled is sampled
    assert begin(SAMPLED, None, Sampling(random=0.0, client=said), seeded(), view).sampled is sampled
