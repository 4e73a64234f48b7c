"""The figures below a conversation and in the list of flows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from agw.record import AnswerFacts, Attempt, Attribution, CallError, CallRecord, Cost, RequestFacts, SpanIds
from agw.usage import Usage
from agw.web.footer import comment, cost_class, footer

RECORD = CallRecord(
    ids=SpanIds("a" * 32, "b" * 16),
    start_ns=0,
    end_ns=1_500_000_000,
    provider="openai",
    request=RequestFacts("chat", "completions", model="gpt-4o", stream=True),
    answer=AnswerFacts(model="gpt-4o-2024", finish_reasons=("stop",), usage=Usage(12, 9, cache_read_tokens=4)),
    client_model="fast",
    first_token_ns=250_000_000,
    attribution=Attribution(user="alice", session="s1"),
    cost=Cost(Decimal("0.00250"), {"input": Decimal("0.001"), "output": Decimal("0.0015")}, price_list="list 1"),
)


def test_the_footer_tells_what_is_known_and_nothing_else():
    lines = dict(line.split(maxsplit=1) for line in footer(RECORD).splitlines())
    assert lines["model"] == "fast > gpt-4o > gpt-4o-2024"
    assert lines["tokens"] == "12 in (4 cached) 9 out"
    assert lines["cost"] == "$0.0025 (input $0.001, output $0.0015)  computed, list 1"
    assert lines["time"] == "first token 0.250 s, total 1.500 s"
    assert "error" not in lines
    assert "attempt" not in lines


def test_the_comment_is_what_filters_find():
    assert comment(RECORD) == ("model:gpt-4o-2024 in:12 out:9 cost:$0.0025 class:<1c time:1.50s user:alice session:s1")


def test_errors_and_attempts_are_told():
    from dataclasses import replace

    tries = (
        Attempt("a", "openai", "m", "h", 1, 0, 10**9, 503, "503"),
        Attempt("b", "openai", "m", "h", 1, 0, 10**9, 200),
    )
    failed = replace(RECORD, error=CallError("timeout", "no answer\nin time"), attempts=tries)
    assert "error:timeout" in comment(failed)
    assert "timeout: no answer in time" in footer(failed)
    assert footer(failed).count("attempt ") == 2


@pytest.mark.parametrize(
    ("usd", "name"), [("0", "<0.1c"), ("0.001", "<1c"), ("0.05", "<10c"), ("0.5", "<$1"), ("1", "$1+"), ("99", "$1+")]
)
def test_cost_classes(usd, name):
    assert cost_class(Decimal(usd)) == name
