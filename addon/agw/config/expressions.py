"""Expressions of the file: compiled, or told as problems with their line."""

from __future__ import annotations

from agw.cel import Expression, ExpressionError, compile_expression
from agw.config.reader import At
from agw.config.snapshot import Fields


def expression(at: At, *, flattens: bool = False) -> Expression | None:
    """None where nothing is written, and where it is wrong, which is then reported."""
    value = at.value
    if isinstance(value, bool | int | float):
        value = str(value).lower()
    if not isinstance(value, str):
        return None
    try:
        return compile_expression(value, flattens=flattens)
    except ExpressionError as error:
        told = "not an expression" if at.report.tree.is_from_environment(at.path) else str(error)
        at.wrong(told, "the language is CEL; $$ stands for one dollar")
        return None


def expressions(at: At, *, flattens: bool = False) -> tuple[tuple[str, Expression], ...]:
    """A map from names to expressions, in the file's order."""
    found = ((name, expression(one, flattens=flattens)) for name, one in at.members())
    return tuple((name, one) for name, one in found if one is not None)


def names(at: At) -> tuple[str, ...]:
    return tuple(text for one in at.items() if (text := one.text()))


def fields(add: At, remove: At) -> Fields:
    """``fields.add`` and ``fields.remove``."""
    return Fields(expressions(add, flattens=True), names(remove))
