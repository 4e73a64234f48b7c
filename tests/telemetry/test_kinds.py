"""A call's attributes are the same whatever call came before it."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agw.record import AnswerFacts, Attempt, Attribution, CallError, CallRecord, Cost, RequestFacts, SpanIds
from agw.telemetry.dialects import kinds, superset
from agw.telemetry.dialects.kinds import Kinds
from agw.usage import Source, Usage
from support.records import chat_record

word = st.none() | st.sampled_from(["", "a", "openai", "4", "-1"])
words = st.sampled_from([(), ("a",), ("a", "b")])
count = st.none() | st.sampled_from([0, 1, 7, 5000])
double = st.none() | st.sampled_from([0, 0.0, -0.0, 1, 1.0, True, float("nan")])
moment = st.none() | st.sampled_from([0, 10**18, 10**18 + 1])
amount = st.sampled_from([Decimal(0), Decimal("0E-8"), Decimal("3.00E-7"), Decimal("1.5")])
OWN: dict[str, Any] = {
    "ids": st.builds(SpanIds, st.just("1" * 32), st.just("2" * 16), word),
    "operation": st.sampled_from(["chat", "embeddings", "rerank"]),
    "api_type": st.sampled_from(["completions", "messages", "embeddings"]),
    "provider": st.sampled_from(["openai", "mistral_ai", "x"]),
    "http_method": st.sampled_from(["POST", "GET"]),
    "url_path": st.sampled_from(["/", "/v1"]),
    "complete": st.booleans(),
    "stream": st.booleans(),
    "partial": st.booleans(),
    "http_status": st.sampled_from([None, 200, 500]),
    "error": st.none() | st.builds(CallError, st.sampled_from(["a", "b"]), st.just("m")),
    "attempts": st.sampled_from([(), *(((Attempt("b", "p", None, None, None, 0, 0),) * n) for n in (1, 2, 3))]),
    "usage": st.none() | st.deferred(lambda: usages),
    "cost": st.none() | st.builds(Cost, amount, st.dictionaries(st.sampled_from(["input", "cache_read"]), amount)),
    "overhead_s": st.sampled_from([None, 0.0, 0.5]),
    "metadata": st.sampled_from([{}, {}, {"user_id": "m"}, {"b": "1"}]),
    "extra": st.sampled_from([{}, {}, {"b": 1}, {"b": True}]),
    "cost_usd": st.none() | amount,
    "source": st.sampled_from(list(Source)),
    "start_ns": st.just(10**18),
    "end_ns": st.just(10**18 + 5),
}
MORE = {"str | None": word, "int | None": count, "float | None": double}


def any_of(kind: type, **given: Any) -> st.SearchStrategy[Any]:
    """Values of all fields, or none where ``given`` and the tables above say nothing."""
    found = {}
    for one in fields(kind):
        how = given.get(one.name, OWN.get(one.name, MORE.get(str(one.type))))
        if how is None and "tuple[str, ...]" in str(one.type):
            how = words if "None" not in str(one.type) else st.none() | words
        if how is not None:
            found[one.name] = how
    return st.builds(kind, **found)


usages = any_of(Usage)
record = any_of(
    CallRecord,
    request=any_of(RequestFacts),
    answer=any_of(AnswerFacts),
    attribution=any_of(Attribution),
    first_chunk_ns=moment,
    first_token_ns=moment,
    withheld=st.just(()),
)


def typed(found: dict[str, Any]) -> list[str]:
    return [f"{name}: {value!r}" for name, value in found.items()]


@given(st.lists(record, min_size=1, max_size=4), st.booleans())
def test_they_are_what_they_would_be_alone_and_in_that_order(records, root):
    known = Kinds(superset.whole, superset.figures)
    for one in (*records, *records):
        assert typed(known.attributes(one, root)) == typed(superset.whole(one, root))


@given(record, record)
def test_each_field_is_among_the_figures_or_of_the_kind(one, other):
    """A change of one field at a time, with all others the same."""
    known = Kinds(superset.whole, superset.figures)
    known.attributes(one, False)
    for outer in fields(CallRecord):
        changed = replace(one, **{outer.name: getattr(other, outer.name)})
        assert typed(known.attributes(changed, False)) == typed(superset.whole(changed, False))
        inner = getattr(one, outer.name)
        if outer.name not in ("request", "answer", "attribution"):
            continue
        for field in fields(inner):
            value = replace(inner, **{field.name: getattr(getattr(other, outer.name), field.name)})
            changed = replace(one, **{outer.name: value})
            assert typed(known.attributes(changed, False)) == typed(superset.whole(changed, False))


def test_who_asks_may_keep_what_is_given():
    known = Kinds(superset.whole, superset.figures)
    for _ in range(3):
        found = known.attributes(chat_record(), False)
        assert "mine" not in found
        found["mine"] = 1


def test_no_more_is_kept_than_there_is_room_for():
    known = Kinds(superset.whole, superset.figures)
    for number in range(3 * kinds.MAX_KINDS):
        known.attributes(replace(chat_record(), route=f"r{number}"), False)
    assert len(known._known) <= kinds.MAX_KINDS
    before = len(known._known)
    known.attributes(replace(chat_record(), route="r" * 100_000), False)
    assert len(known._known) == before
