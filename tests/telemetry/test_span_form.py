"""A span that serves one call after the other."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from agw.record import AnswerFacts, CallRecord, RequestFacts
from agw.telemetry.dialects import DIALECTS
from agw.telemetry.otlp import span_of
from agw.telemetry.span_form import SpanForms
from support.records import (
    attributed_record,
    broken_off_record,
    chat_record,
    embeddings_record,
    failed_record,
    with_content,
)


def records() -> list[CallRecord]:
    chat = chat_record()
    every = [chat, with_content(chat), attributed_record(), broken_off_record(), embeddings_record(), failed_record()]
    # The same attributes with values of other types, and with none of the texts that the one before had.
    values = (1, True, 1.0, "1", 0.0, -0.0, 2**63, float("nan"), "", ["a", "b"], ("c",), (1,), (True,), "x" * 5000)
    every += [replace(chat, extra={"one": value}) for value in values]
    ends = (("stop",), ("stop", "length"), ("length",))
    every += [replace(chat, answer=AnswerFacts(response_id="r", finish_reasons=reasons)) for reasons in ends]
    every.append(replace(chat, request=RequestFacts("chat", "completions", model="m" * 5000)))
    every.append(replace(chat, ids=replace(chat.ids, parent_span_id=None, trace_state="", trace_flags=0)))
    return every


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda one: one.name)
def test_each_span_is_what_it_would_be_alone(dialect):
    forms = SpanForms()
    for _ in range(3):
        for record in (*records(), *reversed(records())):
            alone = span_of(record, dialect)
            assert span_of(record, dialect, forms=forms).SerializeToString() == alone.SerializeToString()


def test_added_fields_keep_their_own_bound_whatever_came_before():
    forms, dialect = SpanForms(), DIALECTS["otel"]
    long = replace(chat_record(), user_agent="u" * 10_000)
    for fields in ({}, {"user_agent.original": "v" * 10_000}, {}):
        again = span_of(long, dialect, fields=fields, forms=forms)
        assert again == span_of(long, dialect, fields=fields)


def test_a_form_is_thrown_away_before_it_has_grown():
    forms, dialect = SpanForms(), DIALECTS["superset"]
    taken = [0]
    for number in range(2000):
        record = replace(chat_record(), answer=AnswerFacts(response_id=f"{number:1000}"))
        span_of(record, dialect, forms=forms)
        taken.append(sum(form.taken for form in forms._forms.values()))
    assert max(taken) < 64 * 1024
    assert sum(now < before for before, now in pairwise(taken)) > 10


def test_no_more_forms_are_kept_than_there_is_room_for():
    forms, dialect = SpanForms(), DIALECTS["otel"]
    for number in range(200):
        span_of(replace(chat_record(), extra={f"name{number}": 1}), dialect, forms=forms)
    assert len(forms._forms) <= 32
