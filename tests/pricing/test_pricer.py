"""The finisher: a record goes in, a record with its cost comes out."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from agw.pricing.book import PriceBook
from agw.pricing.builtin import BuiltIn
from agw.pricing.catalog import Catalog, merged
from agw.pricing.counts import LookupCounts, Status
from agw.pricing.pricer import Pricer
from agw.record import AnswerFacts, RequestFacts
from agw.usage import Source, Usage
from support.records import START_NS, broken_off_record, chat_record, embeddings_record, failed_record

D = Decimal
BUILTIN = BuiltIn()
CATALOG = merged([("mine", {"providers": {"openai": {"models": {"own": {"rates": {}}}}}})], print)


def priced(record, catalog=None):
    counts = LookupCounts()
    return Pricer(PriceBook(catalog or Catalog(), BUILTIN), counts)(record), counts.read()


def chat(usage, model="gpt-4o-mini", **more):
    record = replace(chat_record(), start_ns=START_NS, request=RequestFacts("chat", "completions", model=model))
    return replace(record, answer=AnswerFacts(model=model, usage=usage, complete=True, **more))


def test_a_known_model_is_priced_with_parts_and_provenance():
    record, counts = priced(chat(Usage(input_tokens=1000, output_tokens=200, cache_read_tokens=400)))
    assert record.cost.total_usd == D("0.00024")
    assert record.cost.parts == {"input": D("0.00009"), "cache_read": D("0.00003"), "output": D("0.00012")}
    assert record.cost.source is Source.COMPUTED
    assert record.cost.price_list.startswith("genai-prices ")
    assert counts == {("Exact", "openai", "gpt-4o-mini"): 1}


def test_what_the_provider_reported_wins_and_is_marked():
    record, counts = priced(chat(Usage(input_tokens=1, output_tokens=1, cost_usd=D("0.5")), model="gpt-none"))
    assert (record.cost.total_usd, record.cost.source, record.cost.price_list) == (D("0.5"), Source.PROVIDER, None)
    assert record.cost.parts == {}
    assert counts == {("Exact", "openai", "gpt-none"): 1}


def test_a_cost_of_nothing_that_the_provider_reported_is_a_cost():
    record, _ = priced(chat(Usage(input_tokens=1, output_tokens=1, cost_usd=D("0"))))
    assert record.cost.total_usd == 0


@pytest.mark.parametrize(
    ("record", "status"),
    [
        (chat(Usage(input_tokens=1, output_tokens=1), model="gpt-99"), "Missing"),
        (chat(None), "Unpriced"),
        (chat(Usage(output_tokens=1)), "Unpriced"),
        (chat(Usage(input_tokens=1, output_tokens=1), model="own"), "Unpriced"),
    ],
    ids=["unknown model", "no usage", "half a usage", "a catalog entry without rates"],
)
def test_what_is_not_known_has_no_cost_and_is_counted(record, status):
    after, counts = priced(record, CATALOG)
    assert after.cost is None
    assert [key[0] for key in counts] == [status]


def test_a_call_that_failed_without_usage_is_no_gap_in_the_prices():
    after, counts = priced(failed_record())
    assert (after.cost, counts) == (None, {})


def test_counting_tokens_and_listing_models_cost_nothing_whatever_their_answers_hold():
    record = chat(Usage(input_tokens=1000, output_tokens=0))
    for api_type in ("anthropicTokenCount", "geminiCountTokens", "models"):
        after, counts = priced(replace(record, request=RequestFacts("chat", api_type, model="gpt-4o")))
        assert (after.cost, counts) == (None, {})


def test_of_an_answer_that_broke_off_the_cost_is_a_lower_bound_and_says_so():
    usage = Usage(input_tokens=10, output_tokens=3, source=Source.PARTIAL)
    record = broken_off_record()
    answer = replace(record.answer, model="claude-sonnet-4-5", usage=usage)
    after, _ = priced(replace(record, answer=answer))
    assert after.cost.source is Source.PARTIAL
    assert after.cost.total_usd == D("0.000075")


def test_estimated_tokens_make_an_estimated_cost():
    usage = Usage(input_tokens=10, output_tokens=3, source=Source.ESTIMATED)
    assert priced(chat(usage))[0].cost.source is Source.ESTIMATED


def test_the_answers_tier_decides_and_not_the_one_that_was_asked_for():
    usage = Usage(input_tokens=1_000_000, output_tokens=0)
    late = {"start_ns": 1_793_000_000_000_000_000}
    flex = replace(chat(usage, "gpt-5.2", service_tier="flex"), **late)
    assert priced(flex)[0].cost.total_usd == D("0.875")
    served_as_default = replace(chat(usage, "gpt-5.2", service_tier="default"), **late)
    request = replace(served_as_default.request, service_tier="flex")
    assert priced(replace(served_as_default, request=request))[0].cost.total_usd == D("1.75")


def test_a_tier_without_rates_of_its_own_is_noted():
    after, _ = priced(chat(Usage(input_tokens=1, output_tokens=1), service_tier="reserved"))
    assert "priced_as_standard_tier" in after.notes


def test_an_embedding_is_priced_by_its_prompt():
    after, _ = priced(embeddings_record())
    assert after.cost.parts == {"input": D("0.00000016")}


def test_the_counter_keeps_a_bounded_number_of_series():
    counts = LookupCounts(max_series=3)
    for number in range(10):
        counts.add(Status.MISSING, "openai", f"model-{number}")
    counts.add(Status.MISSING, "openai", "model-0")
    found = counts.read()
    assert sum(found.values()) == 11
    assert found[("Missing", "openai", "model-0")] == 2
    assert found[("Missing", "other", "other")] == 7
    assert len(found) == 4
