"""Server-sent events, decoded from bytes as they come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SseEvent:
    """One event: ``name`` is its ``event:`` field (empty if none), ``data`` its joined ``data:`` lines."""

    name: str
    data: str
