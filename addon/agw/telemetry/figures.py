"""Small JSON objects of figures: what ``content_json`` would make of them, in half the time."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from agw.record import CallRecord, Cost
from agw.telemetry.semconv import cost_of
from agw.values import value


@value
class Spent:
    """A call's cost in US dollars, made once for all platforms of a span: exact amounts as plain decimal numbers, which
    are JSON as they stand."""

    cost: Cost
    total_usd: float
    total: str
    parts: Mapping[str, str]


def spent_on(record: CallRecord) -> Spent | None:
    """Raises ValueError for what is not finite."""
    cost = cost_of(record)
    if cost is None:
        return None
    texts = {part: amount_text(amount) for part, amount in cost.parts.items()}
    return Spent(cost, float(cost.total_usd), amount_text(cost.total_usd), texts)


def amount_text(amount: Decimal) -> str:
    """Raises ValueError for what is not finite."""
    if not amount.is_finite():
        raise ValueError("a cost is no number")
    return format(amount, "f")


def figures_json(figures: Mapping[str, int | str | None]) -> str | None:
    """Those that are known; None where none is. Names need no escapes, and a text is JSON already."""
    text = ",".join([f'"{name}":{figure}' for name, figure in figures.items() if figure is not None])
    return f"{{{text}}}" if text else None
