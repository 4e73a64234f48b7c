"""A JSON object whose members can be changed without touching the bytes of the others.

A library parses the whole. Only where something is to be changed is the top level walked as well, by the scanner of
Python itself, which says where each value ends. So an edit replaces just the members that it names: numbers such as
``1.0`` or integers beyond 64 bits, the order of keys and all white space stay as the client wrote them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from agw.json_reading import REFUSED, strictly

# What stands between values, with the white space around it; the group is the object's end.
_OPENING = re.compile(r"[ \t\n\r]*\{[ \t\n\r]*(\}?)[ \t\n\r]*")
_COLON = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_BEHIND = re.compile(r"[ \t\n\r]*(?:,|(\}))[ \t\n\r]*")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_Members = list[tuple[str, int, int, int]]
"""Key, start of key, start of value, end of value, as indices of the text."""

# What ``raw_decode`` calls, without its call.
_DECODER: Any = json.JSONDecoder(parse_constant=_refuse_constant)
_decode, _scan, _scan_string = _DECODER.decode, _DECODER.scan_once, _DECODER.parse_string


def _invalid(error: json.JSONDecodeError) -> ValueError:
    return ValueError(f"not valid JSON: {error.msg} (line {error.lineno}, column {error.colno})")


class JsonObject:
    """``values`` holds the members as Python objects; of a key that stands twice, the last (as most parsers do)."""

    __slots__ = ("_data", "values")

    def __init__(self, data: bytes, values: dict[str, Any]) -> None:
        self._data = data
        self.values = values

    @classmethod
    def parse(cls, data: bytes) -> JsonObject:
        """Raises ValueError, whose text never quotes the body."""
        try:
            values = strictly(data)
            if type(values) is dict:
                return cls(data, values)
        except (*REFUSED, RecursionError):
            pass
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ValueError(f"not valid UTF-8 at byte {error.start}") from None
        try:
            values = _decode(text)
            if type(values) is dict:
                return cls(data, values)
        except (ValueError, RecursionError):
            pass
        # Walked for its own words on what is wrong.
        return cls(data, {key: _scan(text, at)[0] for key, _, at, _ in _members(text)})

    def edited(self, changes: Mapping[str, Any], removals: Collection[str] = ()) -> bytes:
        """The text with ``changes`` set and ``removals`` gone; the original bytes where neither says anything."""
        if not changes and not any(key in self.values for key in removals):
            return self._data
        text = self._data.decode("utf-8-sig")
        members = _members(text)
        kept = [member for member in members if member[0] not in removals or member[0] in changes]
        pieces: list[str] = []
        if not members:
            head, tail = text[: text.index("{") + 1], text[text.index("}") :]
        else:
            head, tail = text[: members[0][1]], text[members[-1][3] :]
        whole = len(kept) == len(members)
        for index, (key, start, value_start, end) in enumerate(kept):
            if index:
                # What stood between two members that both stay is kept as it was.
                pieces.append(text[kept[index - 1][3] : start] if whole else ",")
            pieces.append(text[start:value_start])
            pieces.append(_dumped(changes[key]) if key in changes else text[value_start:end])
        for key, value in changes.items():
            if key not in self.values:
                pieces.append(("," if pieces else "") + _dumped(key) + ":" + _dumped(value))
        return "".join([head, *pieces, tail]).encode("utf-8", "surrogatepass")


def _members(text: str) -> _Members:
    """Raises ValueError."""
    try:
        return _walk(text)
    except StopIteration as error:
        raise _invalid(json.JSONDecodeError("Expecting value", text, error.value)) from None
    except json.JSONDecodeError as error:
        raise _invalid(error) from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _walk(text: str) -> _Members:
    members: _Members = []
    found = _OPENING.match(text)
    if found is None:
        raise ValueError("not a JSON object")
    at, last = found.end(), found[1]
    while not last:
        start = at
        if not text.startswith('"', at):
            raise json.JSONDecodeError("Expecting a name in double quotes", text, min(at, len(text)))
        key, at = _scan_string(text, at + 1)
        if (found := _COLON.match(text, at)) is None:
            raise json.JSONDecodeError("Expecting ':'", text, at)
        at = found.end()
        _, end = _scan(text, at)
        members.append((key, start, at, end))
        if (found := _BEHIND.match(text, end)) is None:
            raise json.JSONDecodeError("Expecting ','", text, end)
        at, last = found.end(), found[1]
    if at != len(text):
        raise json.JSONDecodeError("Extra data", text, at)
    return members


_dumped = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
