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
from json.encoder import encode_basestring as _quoted
from typing import Any

from agw.record.record import CallRecord

VERSION = 1
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))

_Write = Callable[[Any], str]
_Read = Callable[[Any], Any]


def to_text(record: CallRecord) -> str:
    """Valid UTF-8 when encoded. Raises ValueError, TypeError or RecursionError for content that is not JSON."""
    text = f'{{"v":{VERSION},{_RECORD.members(record)}}}'
    return text if _is_utf8(text) else _escaped(json.loads(text))


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
    return text if _is_utf8(text) else _escaped(value)


def _is_utf8(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _escaped(value: Any) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


class _Codec:
    """Of one dataclass: how each of its fields is written and read."""

    def __init__(self, kind: type) -> None:
        hints = typing.get_type_hints(kind)
        every = [(one.name, _default(one), *_converters(hints[one.name])) for one in fields(kind)]
        self._kind = kind
        self.members = _compiled([(name, default, write) for name, default, write, _ in every])
        """Those that are not as by default, without the braces around them."""
        self._readers = [(name, read) for name, _, _, read in every]

    def encode(self, value: Any) -> str:
        return f"{{{self.members(value)}}}"

    def decode(self, value: dict[str, Any]) -> Any:
        return self._kind(**{name: read(value[name]) for name, read in self._readers if name in value})


def _compiled(every: list[tuple[str, Any, _Write]]) -> _Write:
    """One function that writes all fields, each in a line of its own, as ``dataclasses`` makes its methods: a loop over
    the hundred fields of a record would take three times as long."""
    names: dict[str, Any] = {"quoted": _quoted, "plain": _write}
    lines = ["def members(value):", " written = []", " add = written.append"]
    for name, default, write in every:
        names[f"default_{name}"], names[f"write_{name}"] = default, write
        lines.append(f" found = value.{name}")
        if default is None:
            lines.append(" if found is not None:")
        elif default is MISSING:
            lines.append(" if True:")
        else:
            names[f"kind_{name}"] = type(default)
            same = f"type(found) is kind_{name} and found == default_{name}"
            lines.append(f" if found is not default_{name} and not ({same}):")
        if write is _write:
            # Most are texts and numbers: no call of ours for those.
            text = "quoted(found) if type(found) is str else repr(found) if type(found) is int else plain(found)"
        else:
            text = f"write_{name}(found)"
        lines.append(f"  add('\"{name}\":' + ({text}))")
    lines.append(" return ','.join(written)")
    exec("\n".join(lines), names)
    members: _Write = names["members"]
    return members


def _default(field: Any) -> Any:
    if field.default is not MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not MISSING else MISSING


def _same(value: Any) -> Any:
    return value


def _write(value: Any) -> str:
    return ("true" if value else "false") if type(value) is bool else _JSON.encode(value)


def _write_number(value: Any) -> str:
    if type(value) is float:
        return repr(value) if math.isfinite(value) else f'"{value!r}"'
    return _write(value)


def _read_number(value: Any) -> Any:
    return float(value) if isinstance(value, str) else value


def _write_scalar(value: Any) -> str:
    return f'{{"float":"{value!r}"}}' if type(value) is float and not math.isfinite(value) else _write(value)


def _read_scalar(value: Any) -> Any:
    return float(value["float"]) if isinstance(value, dict) else value


_TAKE_NONE = (_same, _write, _write_number, _read_number)
"""Give None for None."""


def _converters(hint: Any) -> tuple[_Write, _Read]:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        known = [one for one in inner if one is not types.NoneType]
        if len(known) > 1:
            return _write_scalar, _read_scalar
        write, read = _converters(known[0])
        if write in _TAKE_NONE and read in _TAKE_NONE:
            return write, read
        return (lambda value: "null" if value is None else write(value)), (
            lambda value: None if value is None else read(value)
        )
    if origin is tuple:
        write, read = _converters(inner[0])
        return (lambda value: f"[{','.join([write(one) for one in value])}]"), (
            lambda value: tuple(read(one) for one in value)
        )
    if origin is Mapping or getattr(origin, "__name__", "") == "Mapping":
        write, read = _converters(inner[1])
        return (lambda value: f"{{{','.join([f'{_quoted(str(key))}:{write(one)}' for key, one in value.items()])}}}"), (
            lambda value: {key: read(one) for key, one in value.items()}
        )
    if isinstance(hint, type) and is_dataclass(hint):
        codec = _Codec(hint)
        return codec.encode, codec.decode
    if hint is Decimal:
        return (lambda value: '"' + str(value) + '"'), Decimal
    if hint is float:
        return _write_number, _read_number
    if isinstance(hint, type) and issubclass(hint, Enum):
        return (lambda value: _write(value.value)), hint
    return _write, _same


_RECORD = _Codec(CallRecord)
