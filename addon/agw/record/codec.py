"""A record as JSON text and back, without loss. Version 1.

Made from the record's own dataclasses, so that a new field is kept the day that it is added. What equals its default
is left out; on reading, a field that is not there has its default and one that is not known is passed over, so that
each version reads the journal of any other. Decimals are text, infinities and NaN of numeric fields too.
"""

from __future__ import annotations

import json
import math
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from decimal import Decimal
from enum import Enum
from operator import attrgetter
from typing import Any

from agw.record.record import CallRecord

VERSION = 1
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))

_Convert = Callable[[Any], Any]


def to_text(record: CallRecord) -> str:
    """Valid UTF-8 when encoded. Raises ValueError, TypeError or RecursionError for content that is not JSON."""
    return dumps({"v": VERSION, **_RECORD.encode(record)})


def from_text(text: str) -> CallRecord:
    """Raises ValueError for what is not a record."""
    return from_json(json.loads(text))


def from_json(value: Any) -> CallRecord:
    """The same for parsed JSON. Raises ValueError."""
    try:
        record = _RECORD.decode(value)
    except (TypeError, KeyError, AttributeError, ArithmeticError) as error:
        raise ValueError(f"not a call record: {type(error).__name__}") from None
    assert isinstance(record, CallRecord)
    return record


def without_content(record: CallRecord) -> str:
    """The record's text as if it had no content."""
    return to_text(record if record.content is None else replace(record, content=None))


def dumps(value: Any) -> str:
    """Compact JSON, readable where that can be: lone surrogates, which UTF-8 cannot say, stay escaped."""
    text = _JSON.encode(value)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text


class _Codec:
    """Of one dataclass: for each field its name, its default and how its value is written and read."""

    def __init__(self, kind: type) -> None:
        hints = typing.get_type_hints(kind)
        every = [(one.name, _default(one), *_converters(hints[one.name])) for one in fields(kind)]
        self._kind = kind
        self._values = attrgetter(*(name for name, *_ in every))
        # Most values are written as they are: no call for those.
        self._writers = [(name, default, None if write is _same else write) for name, default, write, _ in every]
        self._readers = [(name, read) for name, _, _, read in every]

    def encode(self, value: Any) -> dict[str, Any]:
        encoded = {}
        for (name, default, write), found in zip(self._writers, self._values(value), strict=True):
            if found is default or (type(found) is type(default) and found == default):
                continue
            encoded[name] = found if write is None else write(found)
        return encoded

    def decode(self, value: dict[str, Any]) -> Any:
        return self._kind(**{name: read(value[name]) for name, read in self._readers if name in value})


def _default(field: Any) -> Any:
    if field.default is not MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not MISSING else MISSING


def _same(value: Any) -> Any:
    return value


def _write_number(value: Any) -> Any:
    return repr(value) if type(value) is float and not math.isfinite(value) else value


def _read_number(value: Any) -> Any:
    return float(value) if isinstance(value, str) else value


def _write_scalar(value: Any) -> Any:
    return {"float": repr(value)} if type(value) is float and not math.isfinite(value) else value


def _read_scalar(value: Any) -> Any:
    return float(value["float"]) if isinstance(value, dict) else value


_TAKE_NONE = (_same, _write_number, _read_number)
"""Give None for None."""


def _converters(hint: Any) -> tuple[_Convert, _Convert]:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        known = [one for one in inner if one is not types.NoneType]
        if len(known) > 1:
            return _write_scalar, _read_scalar
        write, read = _converters(known[0])
        if write in _TAKE_NONE and read in _TAKE_NONE:
            return write, read
        return (lambda value: None if value is None else write(value)), (
            lambda value: None if value is None else read(value)
        )
    if origin is tuple:
        write, read = _converters(inner[0])
        return (lambda value: [write(one) for one in value]), (lambda value: tuple(read(one) for one in value))
    if origin is Mapping or getattr(origin, "__name__", "") == "Mapping":
        write, read = _converters(inner[1])
        return (lambda value: {str(key): write(one) for key, one in value.items()}), (
            lambda value: {key: read(one) for key, one in value.items()}
        )
    if isinstance(hint, type) and is_dataclass(hint):
        codec = _Codec(hint)
        return codec.encode, codec.decode
    if hint is Decimal:
        return str, Decimal
    if hint is float:
        return _write_number, _read_number
    if isinstance(hint, type) and issubclass(hint, Enum):
        return (lambda value: value.value), hint
    return _same, _same


_RECORD = _Codec(CallRecord)
