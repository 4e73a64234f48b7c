"""``fields.add``: what the config's own expressions say of a finished call (agentgateway.md §2.5).

======================  =====================================================================
an expression gives     the field is
======================  =====================================================================
text, int, double       that value
true, false             the text ``true`` or ``false``
a list or a map         its JSON; with ``flatten`` or ``flattenRecursive`` one field for each
                        member: ``key.sub``, ``key.0.sub``
bytes                   base64
a time or a duration    RFC 3339; seconds, as in ``1.5s``
null, or it fails       not there
======================  =====================================================================
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from agw.cel import Expression, Variables
from agw.cel.expression import flattened
from agw.cel.plain import to_base64, to_json, to_text
from agw.record import CallRecord, FieldValue
from agw.record.transient import Transient
from agw.telemetry.secrets import redacted, secrets_of
from agw.telemetry.variables import variables_of

MAX_FIELDS = 4096
"""That one expression may spread into; a conversation's messages take two each."""
MAX_CHARS = 65_536
"""Of one text."""


def evaluate(
    added: Iterable[tuple[str, Expression]], variables: Variables, transient: Transient
) -> dict[str, FieldValue]:
    """All fields by name; one that comes later wins. None holds what the client authenticated itself with."""
    found: dict[str, FieldValue] = {}
    headers_read = False
    for name, expression in added:
        levels, value = flattened(expression.evaluate(variables))
        headers_read = headers_read or expression.reads_any("request", "headers")
        spread(found, name, value, levels)
    secrets = secrets_of(transient.request_headers) if headers_read else ()
    if secrets:
        return {name: redacted(one, secrets) if isinstance(one, str) else one for name, one in found.items()}
    return found


def adding(added: tuple[tuple[str, Expression], ...]) -> Callable[[CallRecord, Transient], CallRecord]:
    """A finisher that puts fields into ``CallRecord.fields``, beside what is there."""

    def add(record: CallRecord, transient: Transient) -> CallRecord:
        found = evaluate(added, variables_of(record, transient), transient)
        return replace(record, fields={**record.fields, **found}) if found else record

    return add


def spread(found: dict[str, FieldValue], name: str, value: Any, levels: int) -> None:
    """Adds ``value`` under ``name``, its members under names of their own down to ``levels`` levels."""
    left = MAX_FIELDS
    todo: list[tuple[str, Any, int]] = [(name, value, levels)]
    while todo and left > 0:
        name, value, levels = todo.pop()
        if levels > 0 and isinstance(value, list | dict):
            members: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
            todo += reversed([(f"{name}.{key}", one, levels - 1) for key, one in members])
        elif (field := field_value(value)) is not None:
            found[name] = field
            left -= 1


def field_value(value: Any) -> FieldValue | None:
    if value is None or isinstance(value, str):
        return None if value is None else value[:MAX_CHARS]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | dict):
        return to_json(value)[:MAX_CHARS]
    if isinstance(value, bytes):
        return to_base64(value)[:MAX_CHARS]
    return to_text(value)


def without(fields: Mapping[str, Any], removed: Iterable[str]) -> dict[str, Any]:
    names = frozenset(removed)
    return {name: value for name, value in fields.items() if name not in names}
