"""``config.modelCatalog``: the user's own rates, in the reference's form (agentgateway.md §2.7).

::

    {"providers": {"openai": {"models": {"gpt-4o": {
        "rates": {"input": "2.5", "output": "10", "cacheRead": "1.25"},
        "tiers": [{"contextOver": 200000, "rates": {"input": "5"}}]}}}}}

Rates are US dollars per million tokens as decimal strings, 0 or more, with 6 digits after the point at most. Later
catalogs are merged over earlier ones, mapping by mapping; a list is replaced whole. Several catalogs are read as they
are and judged once they are merged, since one of them may hold no more than a correction of another.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import yaml

from agw.pricing.names import provider_id
from agw.pricing.price import Price, Rates, Tier

RATE_KEYS = {
    "input": "input",
    "output": "output",
    "cacheRead": "cache_read",
    "cacheWrite": "cache_write",
    "reasoning": "reasoning",
    "inputAudio": "input_audio",
    "outputAudio": "output_audio",
}
_DECIMAL = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,6})?")
_MODEL_KEYS = ("rates", "tiers", "tags")

Wrong = Callable[[str, str, str], None]
"""Told what is wrong: the place in the catalog (dotted), the message, what to write instead."""


@dataclass(frozen=True, slots=True)
class Entry:
    price: Price
    source: str
    """The last catalog that named the model."""


@dataclass(frozen=True, slots=True)
class Catalog:
    entries: Mapping[tuple[str, str], Entry] = field(default_factory=dict)
    """By (provider, model) as written."""

    def find(self, provider: str, model: str) -> Entry | None:
        """``provider`` as telemetry names it; the built-in list's word for it is understood too."""
        return self.entries.get((provider, model)) or self.entries.get((provider_id(provider), model))


def parse(text: str) -> Any:
    """A catalog's text, JSON or YAML, with its numbers as written. Raises ValueError for what is neither."""
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        pass
    try:
        return yaml.load(text, _AsWritten)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise ValueError("not JSON, nor YAML") from None


class _AsWritten(yaml.SafeLoader):
    """Leaves ``2.50`` the text that it is, instead of the nearest binary fraction."""


_AsWritten.add_constructor("tag:yaml.org,2002:float", lambda _, node: node.value)


def merged(catalogs: list[tuple[str, Any]], wrong: Wrong) -> Catalog:
    """One catalog out of several (name, parsed), later ones over earlier ones."""
    tree: Any = {}
    sources: dict[tuple[str, str], str] = {}
    for name, one in catalogs:
        tree = _over(tree, one)
        sources |= dict.fromkeys(_named(one), name)
    entries = {}
    for provider, models in _members(tree, "", ("providers",), wrong, "providers"):
        for model, said in _members(models, f"providers.{provider}", ("models",), wrong, "models"):
            price = _price(said, f"providers.{provider}.models.{model}", wrong)
            entries[provider, model] = Entry(price, sources.get((provider, model), ""))
    return Catalog(entries)


def _over(below: Any, above: Any) -> Any:
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{key: _over(below[key], value) if key in below else value for key, value in above.items()}}


def _named(catalog: Any) -> list[tuple[str, str]]:
    providers = catalog.get("providers") if isinstance(catalog, dict) else None
    return [
        (str(provider), str(model))
        for provider, said in (providers.items() if isinstance(providers, dict) else ())
        if isinstance(said, dict) and isinstance(said.get("models"), dict)
        for model in said["models"]
    ]


def _members(value: Any, place: str, known: tuple[str, ...], wrong: Wrong, key: str) -> list[tuple[str, Any]]:
    """The members of ``value[key]``, a mapping in a mapping of which nothing else is known."""
    if not _is_mapping(value, place, known, wrong):
        return []
    inner = value.get(key)
    if inner is None or not _is_mapping(inner, f"{place}.{key}".strip("."), None, wrong):
        return []
    return [(str(name), one) for name, one in inner.items()]


def _is_mapping(value: Any, place: str, known: tuple[str, ...] | None, wrong: Wrong) -> bool:
    if not isinstance(value, dict):
        wrong(place, "a mapping is expected here", "")
        return False
    for name in value if known is not None else ():
        if name not in (known or ()):
            wrong(place, f"unknown key '{_shown(name)}'", f"known here: {', '.join(known or ())}")
    return True


def _price(said: Any, place: str, wrong: Wrong) -> Price:
    if not _is_mapping(said, place, _MODEL_KEYS, wrong):
        return Price()
    tiers: list[Tier] = []
    listed = said.get("tiers") or []
    if not isinstance(listed, list):
        wrong(f"{place}.tiers", "a list is expected here", "write - contextOver: 200000")
        listed = []
    for index, one in enumerate(listed):
        at = f"{place}.tiers[{index}]"
        if not _is_mapping(one, at, ("contextOver", "rates"), wrong):
            continue
        over = one.get("contextOver")
        if not isinstance(over, int) or isinstance(over, bool) or over < 0:
            wrong(f"{at}.contextOver", "a count of tokens is expected here", "write for example 200000")
            continue
        if any(tier.context_over == over for tier in tiers):
            wrong(f"{at}.contextOver", "two tiers begin at the same context", "keep one of them")
        tiers.append(Tier(over, _rates(one.get("rates"), f"{at}.rates", wrong)))
    return Price(
        _rates(said.get("rates"), f"{place}.rates", wrong), tuple(sorted(tiers, key=lambda tier: tier.context_over))
    )


def _rates(said: Any, place: str, wrong: Wrong) -> Rates:
    if said is None or not _is_mapping(said, place, tuple(RATE_KEYS), wrong):
        return Rates()
    found = {}
    for key, value in said.items():
        if key not in RATE_KEYS or value is None:
            continue
        # A number is taken as it is written: YAML and JSON people leave the quotes away.
        text = str(value) if isinstance(value, str | int | float | Decimal) and not isinstance(value, bool) else ""
        if _DECIMAL.fullmatch(text):
            found[RATE_KEYS[key]] = Decimal(text)
        else:
            wrong(
                f"{place}.{key}",
                "not a rate",
                "US dollars per million tokens, such as '2.5': 0 or more, 6 digits after the point at most",
            )
    return Rates(**found)


def _shown(name: Any) -> str:
    return "".join(char if char.isprintable() else "?" for char in str(name)[:60])
