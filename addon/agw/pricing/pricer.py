"""The finisher that puts a call's cost on its record."""

from __future__ import annotations

from datetime import UTC, datetime

from agw.pricing.book import Found, PriceBook
from agw.pricing.builtin import BuiltIn
from agw.pricing.catalog import Catalog
from agw.pricing.counts import LookupCounts, Status
from agw.pricing.price import cost_parts, total
from agw.record import CallRecord, Cost
from agw.record.changed import changed
from agw.usage import Source

_SECOND_NS = 1_000_000_000
_FREE = frozenset(("models", "anthropicTokenCount", "geminiCountTokens"))
"""API types whose calls cost nothing; a count of tokens in their answer is the answer, not usage."""


class Prices:
    """What outlives the configs of a run: the built-in list and the counter."""

    def __init__(self, builtin: BuiltIn | None = None) -> None:
        self.builtin = builtin or BuiltIn()
        self.counts = LookupCounts()

    def pricer(self, catalog: Catalog) -> Pricer:
        """The finisher for one config."""
        return Pricer(PriceBook(catalog, self.builtin), self.counts)


class Pricer:
    """What the provider reported wins, marked as the provider's. A call that failed and used nothing costs nothing
    that anybody knows: it has no cost, and is not counted as unpriced."""

    def __init__(self, book: PriceBook, counts: LookupCounts) -> None:
        self.book = book
        self._counts = counts
        self._second = 0
        self._of_second: dict[tuple[str, tuple[str | None, ...], str | None], Found | None] = {}

    def __call__(self, record: CallRecord, _: object = None) -> CallRecord:
        usage, answer = record.answer.usage, record.answer
        model = answer.model or record.request.model
        if record.request.api_type in _FREE:
            return record
        if usage is None:
            if record.error is None and record.http_status is not None:
                self._counts.add(Status.UNPRICED, record.provider, model)
            return record
        if usage.cost_usd is not None:
            self._counts.add(Status.EXACT, record.provider, model)
            return changed(record, cost=Cost(usage.cost_usd, source=Source.PROVIDER))
        tier = answer.service_tier or record.request.service_tier
        found = self._find(record.start_ns // _SECOND_NS, record.provider, (answer.model, record.request.model), tier)
        if found is None:
            self._counts.add(Status.MISSING, record.provider, model)
            return record
        parts = cost_parts(usage, found.price)
        if parts is None:
            self._counts.add(Status.UNPRICED, record.provider, model)
            return record
        self._counts.add(Status.EXACT, record.provider, model)
        source = Source.COMPUTED if usage.source is Source.PROVIDER else usage.source
        notes = (*record.notes, "priced_as_standard_tier") if found.standard_tier else record.notes
        return changed(record, cost=Cost(total(parts), parts, source, found.source), notes=notes)

    def _find(
        self, second: int, provider: str, models: tuple[str | None, ...], service_tier: str | None
    ) -> Found | None:
        """The list's prices change by the day and by the hour: what was found holds for its second. Asked by one
        thread."""
        if second != self._second:
            self._second, self._of_second = second, {}
        key = (provider, models, service_tier)
        if key not in self._of_second:
            self._of_second[key] = self.book.find(provider, models, datetime.fromtimestamp(second, UTC), service_tier)
        return self._of_second[key]
