"""What an expression may read, gathered only as far as it names it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from agw.cel.rewrite import Path

Field = Callable[..., Any]
"""Gives a value of the subject."""
SERVED = (
    "request",
    "response",
    "llm",
    "llmRequest",
    "jwt",
    "apiKey",
    "basicAuth",
    "source",
    "destination",
    "backend",
    "proxy",
    "metadata",
    "env",
)
"""The variables' names (agentgateway.md §2.6)."""
UNSERVED = ("mcp", "extauthz", "extproc")


@dataclass(frozen=True, slots=True)
class Keyed:
    """A field that is a map, of which mostly one member is read: ``whole`` gives all of it, ``one`` one by its key."""

    whole: Field
    one: Field


Table = Mapping[str, Field | Mapping[str, Field | Keyed]]
"""Variables by name: a function that gives a whole value, or a mapping from its fields to such functions."""


class Variables:
    """The variables of a table, for one subject: what its functions are called with.

    A function that gives None, and a name that is not there, are absent: an expression that reads them has no value.
    Each is asked at most once for a whole value.
    """

    def __init__(self, table: Table, *subject: Any) -> None:
        self._table = table
        self._subject = subject
        self._known: dict[Path, Any] = {}

    def gather(self, paths: Iterable[Path] | None) -> dict[str, Any]:
        """Nested maps that hold what ``paths`` name, and no more; None: everything. No path begins another one."""
        out: dict[str, Any] = {}
        for path in ((name,) for name in self._table) if paths is None else paths:
            _copy(self._around(path), out, path)
        return out

    def _around(self, path: Path) -> dict[str, Any]:
        """A map with the variable that the path begins with, and of its fields those that the path needs."""
        root = self._table.get(path[0])
        if root is None:
            return {}
        if callable(root):
            value = self._field(path[:1], root)
            return {} if value is None else {path[0]: value}
        if len(path) == 1:
            fields = {name: self._field((path[0], name), one) for name, one in root.items()}
            return {path[0]: {name: value for name, value in fields.items() if value is not None}}
        field = root.get(path[1])
        if field is None:
            return {path[0]: {}}
        if isinstance(field, Keyed) and len(path) > 2:
            value = field.one(*self._subject, path[2])
            return {path[0]: {path[1]: {} if value is None else {path[2]: plain(value)}}}
        value = self._field(path[:2], field)
        return {path[0]: {} if value is None else {path[1]: value}}

    def _field(self, path: Path, field: Field | Keyed) -> Any:
        if path not in self._known:
            give = field.whole if isinstance(field, Keyed) else field
            self._known[path] = plain(give(*self._subject))
        return self._known[path]


def _copy(source: dict[str, Any], out: dict[str, Any], path: Path) -> None:
    """Copies what the path leads to, with the maps on its way, which ``has`` may ask; as far as there is any."""
    for index, step in enumerate(path):
        if step not in source:
            return
        value = source[step]
        if index == len(path) - 1 or not isinstance(value, dict):
            out[step] = value
            return
        source, out = value, out.setdefault(step, {})


def plain(value: Any) -> Any:
    """A value in the types that the language has: amounts of money become doubles, tuples lists."""
    if value is None or isinstance(value, str | bool | int | float | bytes | date | timedelta):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    return [plain(one) for one in value]
