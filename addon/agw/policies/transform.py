"""``transformations``: headers and bodies by expressions (agentgateway.md §1.6, §1.8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agw.cel import Expression, Variables
from agw.cel.plain import to_json
from agw.config.clients import Transformation
from agw.policies.admission import HeaderChanges, Headers

FieldChanges = tuple[Mapping[str, Any], tuple[str, ...]]
"""Members of a body to set, and names of those to take away."""
MAX_HEADER = 8192
"""Characters of one header's value."""


def header_changes(transformation: Transformation, variables: Variables) -> HeaderChanges:
    """A header whose expression has no value is taken away by ``set`` and left alone by ``add``."""
    values = header_values(transformation.set, variables)
    absent = {name for name, _ in transformation.set} - {name for name, _ in values}
    return HeaderChanges(
        (*transformation.remove, *sorted(absent)), values, header_values(transformation.add, variables)
    )


def header_values(headers: Iterable[tuple[str, Expression]], variables: Variables) -> Headers:
    found = []
    for name, expression in headers:
        text = _header_text(expression.evaluate(variables))
        if text is not None:
            found.append((name, text))
    return tuple(found)


def text_of(value: Any) -> bytes | None:
    """What a body becomes: a text or bytes as they are, anything else as JSON."""
    if value is None or isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else to_json(value)).encode("utf-8", "surrogatepass")


def field_changes(fields: Iterable[tuple[str, Expression]], variables: Variables) -> FieldChanges:
    """``ai.transformations``: fields of a JSON body to set, and those to take away since they have no value."""
    changes, removals = {}, []
    for name, expression in fields:
        value = expression.evaluate(variables)
        if value is None:
            removals.append(name)
        else:
            changes[name] = _jsonable(value)
    return changes, tuple(removals)


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _jsonable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_jsonable(one) for one in value]
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)


def _header_text(value: Any) -> str | None:
    """None for what cannot stand in a header: nothing that a client sends may begin a header of its own."""
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif isinstance(value, int | float):
        value = str(value)
    elif isinstance(value, dict | list):
        value = to_json(value)
    if not isinstance(value, str) or len(value) > MAX_HEADER or not value.isprintable():
        return None
    return value.strip()
