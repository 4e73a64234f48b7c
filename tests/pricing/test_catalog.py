"""``config.modelCatalog``: the user's own rates over the built-in ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from agw.config import loads
from agw.errors import ConfigError
from agw.pricing.book import PriceBook
from agw.pricing.builtin import BuiltIn
from agw.pricing.catalog import Catalog, merged, parse
from agw.pricing.price import Price, Rates, Tier

D = Decimal
NOW = datetime(2026, 11, 1, tzinfo=UTC)
ONE = {
    "providers": {
        "openai": {
            "models": {
                "gpt-4o": {
                    "rates": {"input": "2.5", "output": "10", "cacheRead": "1.25", "inputAudio": "40"},
                    "tiers": [{"contextOver": 200000, "rates": {"input": "5"}}],
                    "tags": ["x"],
                }
            }
        }
    }
}


def read(*catalogs):
    complaints = []
    found = merged(list(catalogs), lambda *said: complaints.append(said))
    return found, complaints


def test_the_references_form_is_read():
    found, complaints = read(("mine.json", ONE))
    assert complaints == []
    entry = found.find("openai", "gpt-4o")
    assert entry.source == "mine.json"
    assert entry.price == Price(
        Rates(input=D("2.5"), output=D("10"), cache_read=D("1.25"), input_audio=D("40")),
        (Tier(200000, Rates(input=D("5"))),),
    )


def test_later_catalogs_are_merged_over_earlier_ones_member_by_member():
    later = {
        "providers": {"openai": {"models": {"gpt-4o": {"rates": {"input": "3"}, "tiers": []}, "own": {"rates": {}}}}}
    }
    found, _ = read(("one.json", ONE), ("two.yaml", later))
    entry = found.find("openai", "gpt-4o")
    assert entry.price == Price(Rates(input=D("3"), output=D("10"), cache_read=D("1.25"), input_audio=D("40")))
    assert entry.source == "two.yaml"
    assert found.find("openai", "own").price == Price()


def test_tiers_are_sorted_whatever_their_order():
    tiers = [{"contextOver": 500, "rates": {"input": "3"}}, {"contextOver": 100, "rates": {"input": "2"}}]
    found, _ = read(("a", {"providers": {"p": {"models": {"m": {"rates": {"input": "1"}, "tiers": tiers}}}}}))
    price = found.find("p", "m").price
    assert [price.at(context).input for context in (100, 101, 500, 501)] == [D(1), D(2), D(2), D(3)]


def test_numbers_keep_the_digits_that_were_written():
    text = "providers: {p: {models: {m: {rates: {input: 0.100000, output: 7}}}}}"
    found, complaints = read(("a", parse(text)))
    assert complaints == []
    assert str(found.find("p", "m").price.rates.input) == "0.100000"
    found, _ = read(("a", parse(json.dumps(ONE).replace('"2.5"', "2.5"))))
    assert found.find("openai", "gpt-4o").price.rates.input == D("2.5")


@pytest.mark.parametrize("rate", ["-1", "1.1234567", "1e3", "NaN", "a", "", True, [], "1,5", " 1"])
def test_what_is_not_a_rate_is_told_with_its_place(rate):
    _, complaints = read(("a", {"providers": {"p": {"models": {"m": {"rates": {"input": rate}}}}}}))
    assert [(place, message) for place, message, _ in complaints] == [
        ("providers.p.models.m.rates.input", "not a rate")
    ]


@pytest.mark.parametrize(
    ("catalog", "place"),
    [
        ([], ""),
        ({"models": {}}, ""),
        ({"providers": []}, "providers"),
        ({"providers": {"p": {"m": {}}}}, "providers.p"),
        ({"providers": {"p": {"models": {"m": "1"}}}}, "providers.p.models.m"),
        ({"providers": {"p": {"models": {"m": {"rate": {}}}}}}, "providers.p.models.m"),
        ({"providers": {"p": {"models": {"m": {"rates": {"in": "1"}}}}}}, "providers.p.models.m.rates"),
        ({"providers": {"p": {"models": {"m": {"tiers": {}}}}}}, None),
        (
            {"providers": {"p": {"models": {"m": {"tiers": [{"rates": {}}]}}}}},
            "providers.p.models.m.tiers[0].contextOver",
        ),
        (
            {"providers": {"p": {"models": {"m": {"tiers": [{"contextOver": 1}, {"contextOver": 1}]}}}}},
            "providers.p.models.m.tiers[1].contextOver",
        ),
    ],
    ids=str,
)
def test_what_does_not_fit_is_told_with_its_place(catalog, place):
    _, complaints = read(("a", catalog))
    assert [one for one, _, _ in complaints] == ([] if place is None else [place])


CONFIG = """\
config:
  modelCatalog:
  - file: prices.json
  - inline: '{"providers": {"openai": {"models": {"gpt-4o": {"rates": {"output": "11"}}}}}}'
  - inline:
      providers:
        mine:
          models:
            "4": {rates: {input: "0.5", output: 1}, tiers: [{contextOver: 10, rates: {input: 2.5}}]}
binds: [{port: 3000, listeners: []}]
"""


def test_a_config_merges_its_files_and_inline_catalogs_in_order(tmp_path):
    (tmp_path / "prices.json").write_text(json.dumps(ONE))
    snapshot = loads(CONFIG, str(tmp_path / "cfg.yaml"), {})
    entry = snapshot.catalog.find("openai", "gpt-4o")
    assert (entry.price.rates.input, entry.price.rates.output) == (D("2.5"), D("11"))
    assert entry.source == "modelCatalog[1]"
    assert snapshot.catalog.find("mine", "4").price == Price(
        Rates(input=D("0.5"), output=D("1")), (Tier(10, Rates(input=D("2.5"))),)
    )
    assert snapshot.files == (str(tmp_path / "prices.json"),)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{file: nothing.json}", "there is no such file"),
        ("{file: broken.json}", "neither JSON nor YAML"),
        ("{}", "an entry without a catalog"),
        ("{file: broken.json, inline: '{}'}", "'file' beside 'inline'"),
        ('{inline: \'{"providers": {"p": {"models": {"m": {"rates": {"input": "x"}}}}}}\'}', "not a rate"),
        ("{inline: {providers: {p: {models: {m: {rates: {inputs: '1'}}}}}}}", "unknown key 'inputs'"),
        ("{url: x}", "unknown key 'url'"),
    ],
)
def test_a_catalog_with_a_mistake_is_refused_with_its_line(tmp_path, entry, said):
    (tmp_path / "broken.json").write_text("{[")
    text = f"config:\n  modelCatalog:\n  - {entry}\nbinds: [{{port: 3000, listeners: []}}]\n"
    with pytest.raises(ConfigError) as raised:
        loads(text, str(tmp_path / "cfg.yaml"), {})
    assert any(said in str(one) and one.line in (2, 3) for one in raised.value.problems), str(raised.value)


def test_a_file_that_is_too_large_is_refused(tmp_path):
    (tmp_path / "prices.json").write_bytes(b" " * ((16 << 20) + 1))
    with pytest.raises(ConfigError, match="cannot be read as text"):
        loads(CONFIG, str(tmp_path / "cfg.yaml"), {})


def book(*catalogs) -> PriceBook:
    return PriceBook(read(*catalogs)[0], BuiltIn())


def test_the_catalog_stands_over_the_built_in_list_even_for_the_model_that_was_asked_for():
    mine = book(("mine.json", ONE))
    found = mine.find("openai", ("gpt-4o-2024-08-06", "gpt-4o"), NOW)
    assert (found.source, found.price.rates.input) == ("mine.json", D("2.5"))
    found = mine.find("openai", ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"), NOW)
    assert found.source.startswith("genai-prices ")


def test_the_model_that_answered_comes_before_the_one_that_was_asked_for():
    models = {"a": {"rates": {"input": "1"}}, "b": {"rates": {"input": "2"}}}
    mine = book(("m", {"providers": {"p": {"models": models}}}))
    assert mine.find("p", ("b", "a"), NOW).price.rates.input == D(2)
    assert mine.find("p", (None, "a"), NOW).price.rates.input == D(1)
    assert mine.find("p", (None, None), NOW) is None


def test_a_catalog_may_use_telemetrys_name_or_the_lists():
    said = {"models": {"m": {"rates": {"input": "1"}}}}
    assert read(("a", {"providers": {"gcp.gemini": said}}))[0].find("gcp.gemini", "m")
    assert read(("a", {"providers": {"google": said}}))[0].find("gcp.gemini", "m")
    assert Catalog().find("gcp.gemini", "m") is None


def test_prices_in_force_show_the_catalogs_price_once():
    rows = [row for row in book(("mine.json", ONE)).in_force(NOW) if (row.provider, row.model) == ("openai", "gpt-4o")]
    assert [row.source for row in rows] == ["mine.json"]
