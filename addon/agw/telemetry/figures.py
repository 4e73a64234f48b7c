"""Figures as platforms take them: the amounts of a cost, and small JSON objects of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

from agw.content.size import content_json
from agw.record import Cost
from agw.values import value

_ZERO = Decimal()


@value
class Dollars:
    """A cost in US dollars, written out once for all that one span tells of it: exact amounts as plain decimal numbers,
    which are JSON as they stand."""

    cost: Cost
    total: float
    total_text: str
    texts: Mapping[str, str]
    """By part."""

    def sum_of(self, wanted: tuple[str, ...]) -> str | None:
        """Of these parts, as far as they are known; None where none is."""
        known = [part for part in wanted if part in self.texts]
        if len(known) < 2:
            return self.texts[known[0]] if known else None
        return _text(sum([self.cost.parts[part] for part in known], _ZERO))


def dollars(cost: Cost | None) -> Dollars | None:
    """Raises ValueError for an amount that is none."""
    if cost is None:
        return None
    texts = {part: _text(amount) for part, amount in cost.parts.items()}
    return Dollars(cost, float(cost.total_usd), _text(cost.total_usd), texts)


def _text(amount: Decimal) -> str:
    if not amount.is_finite():
        raise ValueError("not a finite amount")
    return format(amount, "f")


def figures_json(figures: Mapping[str, Any]) -> str:
    """What ``content_json`` would make of them, in half the time. Names need no escapes; a value is a number, a mapping
    again, or a text that is JSON already. Raises ValueError for what is not finite."""
    return "{" + ",".join([f'"{name}":{_told(value)}' for name, value in figures.items()]) + "}"


def _told(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is int or (kind is float and isfinite(value)):
        return repr(value)
    return figures_json(value) if kind is dict else content_json(value) or "null"
