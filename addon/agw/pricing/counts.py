"""How often a price was found, by provider and model (the reference's ``cost_catalog_lookups_total``)."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from threading import Lock

MAX_SERIES = 1000
"""Combinations that are told apart; what comes later counts under ``other``, since clients may name any model."""
OTHER = "other"
MAX_CHARS = 200
"""Of a model's name."""


class Status(StrEnum):
    EXACT = "Exact"
    """A cost was computed, or the provider reported one."""
    UNPRICED = "Unpriced"
    """The model is known, but no rates fit what was used, or the provider told no usage."""
    MISSING = "Missing"
    """No list knows the model."""


class LookupCounts:
    """Written by the recorder's thread, read by whoever shows metrics."""

    def __init__(self, max_series: int = MAX_SERIES) -> None:
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._max_series = max_series
        self._lock = Lock()

    def add(self, status: Status, provider: str, model: str | None) -> None:
        key = (status.value, provider, (model or "unknown")[:MAX_CHARS])
        with self._lock:
            if key not in self._counts and len(self._counts) >= self._max_series:
                key = (status.value, OTHER, OTHER)
            self._counts[key] += 1

    def read(self) -> dict[tuple[str, str, str], int]:
        """Counts by (status, provider, model), at one moment."""
        with self._lock:
            return dict(self._counts)
