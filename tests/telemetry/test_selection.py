"""Which records a destination is given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agw.cel import compile_expression
from agw.config.snapshot import Destination, Tracing
from agw.content.levels import Level
from agw.pricing.pricer import Prices
from agw.record import SpanIds
from agw.record.transient import Transient
from agw.recorder.finish import finishers_of
from agw.telemetry.encoder import SpanEncoder
from agw.telemetry.selection import field_name, fields_for, wanted, withholding
from support.configs import snapshot
from support.otlp_receiver import attributes_of
from support.records import PARENT_ID, TRACE_ID, attributed_record

DESTINATION = Destination("http://a:1", name="mine")


def test_tracing_takes_what_was_sampled_and_the_others_take_all():
    record = replace(attributed_record(), ids=SpanIds(TRACE_ID, "0" * 15 + "1", sampled=False))
    assert not wanted(record, Tracing("http://a:1"))
    assert wanted(record, DESTINATION)


def test_a_share_is_drawn_by_the_calls_own_id():
    half = replace(DESTINATION, share=0.5)
    ids = [SpanIds(TRACE_ID, f"{number:016x}", PARENT_ID) for number in (1, 2**63 - 1, 2**63, 2**64 - 1)]
    assert [wanted(replace(attributed_record(), ids=one), half) for one in ids] == [True, True, False, False]
    assert not wanted(attributed_record(), replace(DESTINATION, share=0.0))


def test_what_a_filter_held_back_is_not_wanted():
    record = replace(attributed_record(), withheld=("mine",))
    assert not wanted(record, DESTINATION)
    assert wanted(record, replace(DESTINATION, name="other"))


def test_each_destination_has_its_own_fields():
    fields = {field_name("tracing", "a"): 1, field_name("mine", "a"): 2, field_name("mine", "b.c"): "x"}
    record = attributed_record(fields=fields)
    assert fields_for(record, "tracing") == {"a": 1}
    assert fields_for(record, "mine") == {"a": 2, "b.c": "x"}


def test_a_span_has_the_fields_of_its_destination_over_its_own_attributes():
    record = attributed_record(fields={"mine::span.name": "renamed", "mine::user.id": "bob", "other": 1})
    span = SpanEncoder(DESTINATION, {}).span(record)
    assert span.name == "renamed"
    assert attributes_of(span)["user.id"] == "bob"
    assert not {"span.name", "other"} & attributes_of(span).keys()


def test_content_is_sent_only_where_the_destination_takes_it():
    def has_content(destination: Destination) -> bool:
        return "input.value" in attributes_of(SpanEncoder(destination, {}).span(attributed_record()))

    assert not has_content(DESTINATION)
    assert has_content(replace(DESTINATION, content=Level.FULL))
    assert has_content(replace(DESTINATION, content=Level.REDACTED))


def held_back(**more: Any) -> tuple[str, ...]:
    finisher = withholding([replace(DESTINATION, **more)])
    assert finisher is not None
    return finisher(attributed_record(), Transient()).withheld


def test_filters_and_sampling_by_expression_are_evaluated_once_for_a_finished_call():
    assert withholding([DESTINATION]) is None
    assert held_back(filter=compile_expression("llm.inputTokens > 500")) == ()
    assert held_back(filter=compile_expression("llm.inputTokens > 5000")) == ("mine",)
    assert held_back(filter=compile_expression("jwt.sub == 'a'")) == ("mine",)
    assert held_back(share=compile_expression("llm.outputTokens > 100 ? 1.0 : 0.0")) == ()
    assert held_back(share=compile_expression("false")) == ("mine",)
    assert held_back(share=compile_expression("'much'")) == ("mine",)


def test_fields_of_every_destination_are_evaluated_and_kept_apart():
    text = """\
    config:
      tracing: {otlpEndpoint: 'http://a', fields: {add: {who: '"tracing"'}, remove: [user.id]}}
      destinations:
      - {name: mine, endpoint: 'http://b', fields: {add: {who: '"mine"', span.name: '"renamed"'}}}
    llm: {models: []}
    """
    config = snapshot(text)
    record = attributed_record()
    for one in finishers_of(config, Prices()):
        record = one(record, Transient())
    tracing, mine = (SpanEncoder(one, {}).span(record) for one in config.destinations)
    assert (tracing.name, attributes_of(tracing)["who"]) == ("chat gpt-4o-mini", "tracing")
    assert (mine.name, attributes_of(mine)["who"]) == ("renamed", "mine")
    assert "user.id" not in attributes_of(tracing)
    assert "user.id" in attributes_of(mine)
