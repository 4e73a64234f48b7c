"""A JSON object whose members can be changed without touching the bytes of the others.

The top level is walked once; each member's value is parsed by the standard library's C scanner, which also says where
the value ends. So one pass gives both the values and the places, and an edit replaces just the members that it names:
numbers such as ``1.0`` or integers beyond 64 bits, the order of keys and all white space stay as the client wrote them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

_SPACES = (" ", "\n", "\t", "\r")
_SPACE = re.compile(r"[ \t\n\r]*")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


class JsonObject:
    """``values`` holds the members as Python objects; of a key that stands twice, the last (as most parsers do)."""

    __slots__ = ("_data", "_members", "_text", "values")

    def __init__(
        self, data: bytes, text: str, values: dict[str, Any], members: list[tuple[str, int, int, int]]
    ) -> None:
        self._data = data
        self._text = text
        self.values = values
        # (key, start of key, start of value, end of value), as indices of the text.
        self._members = members

    @classmethod
    def parse(cls, data: bytes) -> JsonObject:
        """Raises ValueError, whose text never quotes the body."""
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ValueError(f"not valid UTF-8 at byte {error.start}") from None
        try:
            return cls._walk(data, text)
        except json.JSONDecodeError as error:
            raise ValueError(f"not valid JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
        except RecursionError:
            raise ValueError("nested too deeply") from None

    @classmethod
    def _walk(cls, data: bytes, text: str) -> JsonObject:
        def skip(index: int) -> int:
            if text[index : index + 1] not in _SPACES:
                return index
            found = _SPACE.match(text, index)
            return index if found is None else found.end()

        def expect(character: str, index: int) -> int:
            if text[index : index + 1] != character:
                raise json.JSONDecodeError(f"Expecting '{character}'", text, min(index, len(text)))
            return skip(index + 1)

        values: dict[str, Any] = {}
        members: list[tuple[str, int, int, int]] = []
        at = skip(0)
        if text[at : at + 1] != "{":
            raise ValueError("not a JSON object")
        at = expect("{", at)
        while text[at : at + 1] != "}":
            if members:
                at = expect(",", at)
            start = at
            if text[at : at + 1] != '"':
                raise json.JSONDecodeError("Expecting a name in double quotes", text, min(at, len(text)))
            key, at = _DECODER.raw_decode(text, at)
            at = expect(":", skip(at))
            value, end = _DECODER.raw_decode(text, at)
            values[key] = value
            members.append((key, start, at, end))
            at = skip(end)
        if skip(at + 1) != len(text):
            raise json.JSONDecodeError("Extra data", text, at + 1)
        return cls(data, text, values, members)

    def edited(self, changes: Mapping[str, Any], removals: Collection[str] = ()) -> bytes:
        """The text with ``changes`` set and ``removals`` gone; the original bytes where neither says anything."""
        if not changes and not any(key in self.values for key in removals):
            return self._data
        text = self._text
        kept = [member for member in self._members if member[0] not in removals or member[0] in changes]
        pieces: list[str] = []
        if not self._members:
            head, tail = text[: text.index("{") + 1], text[text.index("}") :]
        else:
            head, tail = text[: self._members[0][1]], text[self._members[-1][3] :]
        whole = len(kept) == len(self._members)
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


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
