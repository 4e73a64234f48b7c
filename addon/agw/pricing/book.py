"""All rates in force: the config's catalog over the built-in list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from agw.pricing.builtin import BuiltIn
from agw.pricing.catalog import Catalog
from agw.pricing.price import Price


@dataclass(frozen=True, slots=True)
class Found:
    """``source``: where the rates came from. ``standard_tier``: the call's own service tier has no rates there, so
    these are those of the standard one."""

    price: Price
    source: str
    standard_tier: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One model's price, for a page or a list."""

    provider: str
    model: str
    price: Price
    source: str


class PriceBook:
    """A model that the catalog names is priced by the catalog alone: what it leaves out there has no rate."""

    def __init__(self, catalog: Catalog, builtin: BuiltIn) -> None:
        self._catalog = catalog
        self._builtin = builtin

    def find(
        self, provider: str, models: Iterable[str | None], at: datetime, service_tier: str | None = None
    ) -> Found | None:
        """The price of the first of ``models`` that is known: in the catalog all are looked for first."""
        names = [model for model in models if model]
        for model in names:
            if (entry := self._catalog.find(provider, model)) is not None:
                return Found(entry.price, entry.source)
        for model in names:
            if (price := self._builtin.find(provider, model, at, service_tier)) is not None:
                known = self._builtin.knows_tier(provider, model, service_tier)
                return Found(price, self._builtin.name, standard_tier=not known)
        return None

    def in_force(self, at: datetime) -> Iterator[Row]:
        """Every price that a call at this time would find, the catalog's first."""
        for (provider, model), entry in self._catalog.entries.items():
            yield Row(provider, model, entry.price, entry.source)
        for provider, model, price in self._builtin.every(at):
            if (provider, model) not in self._catalog.entries:
                yield Row(provider, model, price, self._builtin.name)
