"""What an expression may read, gathered only as far as it names it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from agw.cel.rewrite import Path

Field = Callable[[], Any]
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


class Variables:
    """Variables by name: a function that gives a whole value, or a mapping from its fields to such functions.

    A function that gives None, and a name that is not there, are absent: an expression that reads them has no value.
    Each is asked at most once.
    """

    def __init__(self, roots: Mapping[str, Field | Mapping[str, Field]]) -> None:
        self._roots = roots
        self._known: dict[Path, Any] = {}

    def gather(self, paths: Iterable[Path] | None) -> dict[str, Any]:
        """Nested maps that hold what ``paths`` name, and no more; None: everything. No path begins another one."""
        out: dict[str, Any] = {}
        for path in ((name,) for name in self._roots) if paths is None else paths:
            _copy(self._around(path), out, path)
        return out

    def _around(self, path: Path) -> dict[str, Any]:
        """A map with the variable that the path begins with, and of its fields those that the path needs."""
        root = self._roots.get(path[0])
        if root is None:
            return {}
        if callable(root):
            value = self._field(path[:1], root)
            return {} if value is None else {path[0]: value}
        names = root if len(path) == 1 else [path[1]] if path[1] in root else []
        fields = {name: self._field((path[0], name), root[name]) for name in names}
        return {path[0]: {name: value for name, value in fields.items() if value is not None}}

    def _field(self, path: Path, field: Field) -> Any:
        if path not in self._known:
            self._known[path] = plain(field())
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
