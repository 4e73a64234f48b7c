"""The price list that comes with the gateway: genai-prices, as it was installed. Nothing is fetched here.

It knows several prices of one model: by date, by time of day, by service tier, by length of context. What it has and
our usage cannot tell (searches, pages, seconds of audio) is not priced.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from genai_prices.data_snapshot import DataSnapshot, get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, Provider, TieredPrices

from agw.pricing.names import provider_id
from agw.pricing.price import RATE_NAMES, Price, Rates, Tier

_MODELS = 2048
"""Names that are remembered; clients may ask for any."""

_ROUTER = "huggingface"
"""Prices are those of the provider that it chooses, which ``model:provider`` names."""
_KEYS = {name: f"{name}_mtok" for name in RATE_NAMES} | {
    "reasoning": "output_reasoning_mtok",
    "request": "requests_kcount",
}
"""Its name for each of our rates. Calls are priced by the thousand, tokens by the million."""
_STANDARD = ("", "auto", "default", "standard", "on_demand")


class BuiltIn:
    """One state of the list; immutable, so that a call may be priced while another one is taken into service."""

    def __init__(self, snapshot: DataSnapshot | None = None, name: str | None = None) -> None:
        self._snapshot = get_snapshot() if snapshot is None else snapshot
        self.name = name or f"genai-prices {version('genai-prices')}"
        self._providers = {one.id: one for one in self._snapshot.providers}
        # Its own look-up remembers every name for ever.
        self._model = lru_cache(_MODELS)(self._find_model)

    def find(self, provider: str, model: str, at: datetime, service_tier: str | None = None) -> Price | None:
        """The price of a model at a time (UTC) in a service tier; None where the list does not know it.

        A tier for which the list has no rates of its own is priced as the standard one: see ``knows_tier``.
        """
        info = self._model(provider, model)
        return None if info is None else price_of(info.get_prices(at, _context(service_tier)))

    def knows_tier(self, provider: str, model: str, service_tier: str | None) -> bool:
        """Whether the rates are those of this tier, and not the standard ones for want of better."""
        info, context = self._model(provider, model), _context(service_tier)
        if info is None or not context:
            return True
        return any(
            all(context.get(key) == value for key, value in one.when.items()) for one in info.price_variants or ()
        )

    def every(self, at: datetime) -> Iterator[tuple[str, str, Price]]:
        """All that is in force at a time: (provider, model, price), in the list's own names and order."""
        for provider in self._snapshot.providers:
            for info in provider.models:
                yield provider.id, info.id, price_of(info.get_prices(at))

    def _find_model(self, provider: str, model: str) -> ModelInfo | None:
        if provider == _ROUTER and ":" in model:
            model, _, route = model.rpartition(":")
            provider = f"{_ROUTER}_{route.lower()}"
        found = self._providers.get(provider_id(provider))
        if found is None:
            return None
        return self._matched(found, model) or self._matched(found, model.removeprefix("models/"))

    def _matched(self, provider: Provider, model: str) -> ModelInfo | None:
        return provider.find_model(model, all_providers=self._snapshot.providers)


def price_of(theirs: ModelPrice) -> Price:
    """Its rates in our names. Each of its rates has tiers of its own; ours are told for all rates at each bound."""
    rates = {name: value for name, key in _KEYS.items() if (value := getattr(theirs, key)) is not None}
    bounds = {tier.start for value in rates.values() if isinstance(value, TieredPrices) for tier in value.tiers}
    return Price(
        Rates(**{name: _scaled(name, _rate(value, None)) for name, value in rates.items()}),
        tuple(
            Tier(
                bound,
                Rates(
                    **{
                        name: _scaled(name, _rate(value, bound))
                        for name, value in rates.items()
                        if isinstance(value, TieredPrices)
                    }
                ),
            )
            for bound in sorted(bounds)
        ),
    )


def _rate(value: Decimal | TieredPrices, bound: int | None) -> Decimal:
    """The rate just above a bound; None: below all of them."""
    if not isinstance(value, TieredPrices):
        return value
    rate = value.base
    for tier in value.tiers:
        if bound is not None and tier.start <= bound:
            rate = tier.price
    return rate


def _scaled(name: str, rate: Decimal) -> Decimal:
    return rate.scaleb(-3) if name == "request" else rate


def _context(service_tier: str | None) -> dict[str, Any]:
    """What its variants are chosen by; empty for the standard tier."""
    tier = (service_tier or "").lower()
    if tier in _STANDARD:
        return {}
    return {"service_tier": tier, "processing": "batch"} if tier == "batch" else {"service_tier": tier}
