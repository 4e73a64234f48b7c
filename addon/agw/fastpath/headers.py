"""Headers are looked up, set and copied without a function call for each field.

Reason: a call asks some fifty times for a header, and each time mitmproxy walks the fields through three layers of a
generic multi-valued dictionary, with an exception where there is none. Worth: 8 % of a call's time. Leans on: the
fields being a tuple of pairs of bytes, and names being the same when they are so in lower case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from mitmproxy.coretypes.multidict import MultiDict, _MultiDict
from mitmproxy.http import Headers, _always_bytes

LEANS_ON = (Headers, MultiDict, _MultiDict)

_ABSENT: Any = object()


@lru_cache(1024)
def _wanted(name: str | bytes) -> tuple[bytes, int]:
    """A name as it is compared, and its length: most names differ in that already."""
    lowered = _always_bytes(name).lower()
    return lowered, len(lowered)


def get_all(self: Headers, name: str | bytes) -> list[str]:
    wanted, length = _wanted(name)
    return [
        value.decode("utf-8", "surrogateescape")
        for key, value in self.fields
        if len(key) == length and key.lower() == wanted
    ]


def getitem(self: Headers, key: str | bytes) -> str:
    if found := get_all(self, key):
        return found[0] if len(found) == 1 else ", ".join(found)
    raise KeyError(key)


def get(self: Headers, key: str | bytes, default: Any = None) -> Any:
    if found := get_all(self, key):
        return found[0] if len(found) == 1 else ", ".join(found)
    return default


def contains(self: Headers, key: Any) -> bool:
    wanted, length = _wanted(key)
    for name, _ in self.fields:  # noqa: SIM110 a generator takes longer
        if len(name) == length and name.lower() == wanted:
            return True
    return False


def set_all(self: Headers, name: str | bytes, values: Iterable[str | bytes]) -> None:
    key = _always_bytes(name)
    (wanted, length), left = _wanted(name), [_always_bytes(value) for value in values]
    fields = []
    for field in self.fields:
        if len(field[0]) != length or field[0].lower() != wanted:
            fields.append(field)
        elif left:
            fields.append((field[0], left.pop(0)))
    self.fields = (*fields, *[(key, value) for value in left])


def as_bytes(self: Headers) -> bytes:
    return b"\r\n".join([b": ".join(field) for field in self.fields]) + b"\r\n" if self.fields else b""


def init(original: Callable[..., None]) -> Callable[..., None]:
    """For headers made of fields alone, as all that come from the wire are."""

    def __init__(self: Headers, fields: Iterable[tuple[bytes, bytes]] = (), **headers: str | bytes) -> None:  # noqa: N807
        if headers:
            original(self, fields, **headers)
            return
        self.fields = made = tuple([tuple(field) for field in fields])  # type: ignore[assignment]
        for key, value in made:
            if not isinstance(key, bytes) or not isinstance(value, bytes):
                raise TypeError("Header fields must be bytes.")

    return __init__


def replacements() -> dict[str, Callable[..., Any]]:
    """What takes the place of which method of ``Headers``."""
    return {
        "__bytes__": as_bytes,
        "__init__": init(Headers.__init__),
        "__getitem__": getitem,
        "__contains__": contains,
        "get": get,
        "get_all": get_all,
        "set_all": set_all,
    }
