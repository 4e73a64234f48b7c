"""Views of headers and of queries. Headers map lower-case names to a text, or to a list where there are several."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SENSITIVE = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "x-goog-api-key"}
)
_REDACTED = "<redacted>"


def header_map(lists: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Headers as expressions see them, from all values of each by its name in lower case."""
    return {name: values[0] if len(values) == 1 else list(values) for name, values in lists.items()}


def header_value(lists: Mapping[str, Sequence[str]], name: str) -> Any:
    """One of them; None where there is none."""
    values = lists.get(name)
    return None if not values else values[0] if len(values) == 1 else list(values)


def _values(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _redacted(headers: dict[str, Any]) -> dict[str, Any]:
    return {name: _REDACTED if name in SENSITIVE else value for name, value in headers.items()}


def _join(value: Any, separator: str = "") -> Any:
    """Of headers: several values of a name as one text. Of a list: its texts in one."""
    if isinstance(value, dict):
        return {name: ",".join(_values(one)) for name, one in value.items()}
    return separator.join(value)


def _split(value: Any, *rest: Any) -> Any:
    """Of headers: each value as a list, cut at its commas. Of a text: its parts."""
    if isinstance(value, dict):
        return {
            name: [part.strip() for one in _values(values) for part in one.split(",")] for name, values in value.items()
        }
    from cel import stdlib

    return stdlib.split(value, *rest)


def _raw(headers: dict[str, Any]) -> dict[str, list[str]]:
    return {name: _values(value) for name, value in headers.items()}


def _cookie(headers: dict[str, Any], name: str) -> str:
    for one in _values(headers["cookie"]):
        try:
            found = SimpleCookie(one).get(name)
        except CookieError:
            continue
        if found is not None:
            return found.value
    raise KeyError


def _query(target: str, name: str) -> str:
    for key, value in parse_qsl(urlsplit(target).query, keep_blank_values=True, max_num_fields=1000):
        if key == name:
            return value
    raise KeyError


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "redacted": _redacted,
    "join": _join,
    "split": _split,
    "raw": _raw,
    "cookie": _cookie,
    "query": _query,
}
