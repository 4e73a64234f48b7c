"""Headers by their raw fields, as mitmproxy's ``Headers`` would give them.

Its own look-ups convert every header for each name that is asked for, and a call asks for some twenty names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from mitmproxy import http

Fields = list[tuple[bytes, bytes]]
Names = tuple[bytes, ...]
"""As they are written, in their order."""

_REMEMBERED = 256
_MAX_BYTES = 2048
"""Of names that are remembered with what they tell, together."""


def by_names[T](tells: Callable[[Names], T]) -> Callable[[Sequence[tuple[bytes, bytes]]], T]:
    """``tells`` of the names of some fields, remembered: an app sends the same ones with every call."""
    remembered = lru_cache(_REMEMBERED)(tells)

    def told(fields: Sequence[tuple[bytes, bytes]]) -> T:
        names = tuple([name for name, _ in fields])
        return remembered(names) if len(b"".join(names)) <= _MAX_BYTES else tells(names)

    return told


def lower(names: Names) -> tuple[str, ...]:
    """As text in lower case."""
    return tuple([_text(name).lower() for name in names])


lowered = by_names(lower)


def value_of(headers: http.Headers, name: bytes) -> str | None:
    """All values of a header together, None where it is not there; ``name`` is in lower case."""
    length = len(name)
    found = [value for key, value in headers.fields if len(key) == length and key.lower() == name]
    return ", ".join([_text(value) for value in found]) if found else None


def put(fields: Fields, name: bytes, value: bytes) -> None:
    """Sets a header where it stands, else at the end."""
    length, lower = len(name), name.lower()
    places = [at for at, (key, _) in enumerate(fields) if len(key) == length and key.lower() == lower]
    if not places:
        fields.append((name, value))
        return
    fields[places[0]] = (fields[places[0]][0], value)
    for at in reversed(places[1:]):
        del fields[at]


def set_value(headers: http.Headers, name: bytes, value: str) -> None:
    fields = list(headers.fields)
    put(fields, name, raw(value))
    headers.fields = tuple(fields)


def drop(headers: http.Headers, *names: bytes) -> None:
    """Takes headers out, where they are there; ``names`` are in lower case."""
    headers.fields = tuple([field for field in headers.fields if field[0].lower() not in names])


def headers_of(fields: Iterable[tuple[bytes, bytes]]) -> http.Headers:
    """Without looking at each field again."""
    made = http.Headers.__new__(http.Headers)
    made.fields = tuple(fields)
    return made


def header_lists(headers: http.Headers) -> dict[str, list[str]]:
    """All values of each header, by its name in lower case."""
    lists: dict[str, list[str]] = {}
    for name, value in headers.fields:
        key = _text(name).lower()
        if key in lists:
            lists[key].append(_text(value))
        else:
            lists[key] = [_text(value)]
    return lists


def told(lists: dict[str, list[str]], name: str) -> str | None:
    """As ``value_of``, of what ``header_lists`` gave."""
    values = lists.get(name)
    return None if values is None else values[0] if len(values) == 1 else ", ".join(values)


def raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
