"""One call, one record."""

from __future__ import annotations

from agw.record import AnswerFacts, Call, CallError, RequestFacts, SpanIds, Stage
from agw.record.line import readable
from agw.usage import Source, Usage

SECOND = 1_000_000_000


def call(**more) -> Call:
    return Call(
        ids=SpanIds("0" * 31 + "1", "0" * 15 + "1"),
        start_ns=10 * SECOND,
        provider="openai",
        request=RequestFacts("chat", "completions", model="m", stream=True),
        **more,
    )


def test_a_call_is_finished_exactly_once():
    one = call()
    assert one.finish(11 * SECOND) is not None
    assert one.finish(12 * SECOND) is None
    assert one.stage is Stage.FINISHED


def test_an_upstream_status_of_400_and_above_is_an_error_with_the_providers_type():
    one = call()
    one.answering(429)
    record = one.finish(11 * SECOND, answer=AnswerFacts(error_type="rate_limit_exceeded", error_message="slow down"))
    assert record is not None
    assert record.error == CallError("rate_limit_exceeded", "slow down")


def test_an_error_without_a_type_is_named_by_its_status():
    one = call()
    one.answering(503)
    record = one.finish(11 * SECOND)
    assert record is not None
    assert record.error is not None
    assert record.error.type == "503"


def test_an_answer_that_broke_off_has_partial_usage():
    record = call().finish(11 * SECOND, answer=AnswerFacts(usage=Usage(input_tokens=3)), broken_off=True)
    assert record is not None
    assert record.partial
    assert record.answer.usage == Usage(input_tokens=3, source=Source.PARTIAL)


def test_a_clock_that_went_back_never_gives_a_negative_duration():
    record = call().finish(9 * SECOND)
    assert record is not None
    assert record.duration_s == 0


def test_the_line_tells_model_tokens_times_and_stays_one_line():
    one = call(client_model="m")
    one.answering(200)
    usage = Usage(input_tokens=12, output_tokens=34, cache_read_tokens=2)
    record = one.finish(
        11 * SECOND, answer=AnswerFacts(model="m-2024\nx", usage=usage, complete=True), first_chunk_ns=10 * SECOND + 5
    )
    assert record is not None
    assert readable(record) == "200  chat  m > m-2024 x  12 in (2 cached) 34 out  first 0.000s  total 1.000s"


def test_unknown_figures_are_absent_from_the_line():
    record = call().finish(11 * SECOND, error=CallError("upstream_unavailable", "refused"))
    assert record is not None
    assert readable(record) == "---  chat  m  total 1.000s  error upstream_unavailable: refused"
