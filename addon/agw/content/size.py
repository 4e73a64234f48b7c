"""Prompts and answers, kept small enough to wait in memory and to be sent.

A call with images can be tens of megabytes; a collector takes four by default and drops the whole batch above that.
So long strings are cut, longest first, until the whole fits; its structure stays valid JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from agw.record import CallRecord, Content

MAX_CONTENT = 1_000_000
"""Of one record's content, in characters and ``_NODE`` for each value."""
RECORD_SIZE = 3_000
"""What a record without content takes in memory, in bytes, measured roughly."""
_NODE = 64
_MARK = 40
"""Characters of the mark that says how much was cut, at most."""
_CUTS = (65_536, 8_192, 1_024, 128)
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
CONTENT_FIELDS = ("system_instructions", "input_messages", "output_messages", "tool_definitions")


def bounded(record: CallRecord, max_content: int = MAX_CONTENT) -> tuple[CallRecord, int]:
    """The record with content that fits, and its size in bytes, roughly.

    What was cut is told in ``notes``: ``content_shortened``, or ``content_left_out`` where cutting did not help.
    """
    if record.content is None:
        return record, RECORD_SIZE
    values = [getattr(record.content, name) for name in CONTENT_FIELDS]
    size = _size(values, max_content, max_content)
    if size <= max_content:
        return record, RECORD_SIZE + size
    for longest in _CUTS:
        size = _size(values, longest, max_content)
        if size <= max_content:
            shortened = Content(**{name: _cut(getattr(record.content, name), longest) for name in CONTENT_FIELDS})
            return replace(_noted(record, "content_shortened"), content=shortened), RECORD_SIZE + size
    return without_content(record), RECORD_SIZE


def smaller(record: CallRecord) -> Iterator[CallRecord]:
    """The record as it is, then with less and less content, then with none."""
    yield bounded(record)[0]
    for divisor in (4, 16, 64):
        yield bounded(record, MAX_CONTENT // divisor)[0]
    yield without_content(record)


def without_content(record: CallRecord) -> CallRecord:
    return replace(_noted(record, "content_left_out"), content=None)


def _noted(record: CallRecord, note: str) -> CallRecord:
    return record if note in record.notes else replace(record, notes=(*record.notes, note))


def content_json(value: Any) -> str | None:
    """Raises ValueError, TypeError or RecursionError for what is not JSON."""
    return None if value is None else _JSON.encode(value)


def _size(value: Any, longest: int, enough: int) -> int:
    """Size when no string is longer than ``longest``; stops counting once above ``enough``, so its time is bounded."""
    size, todo = 0, [value]
    while todo and size <= enough:
        one = todo.pop()
        size += _NODE
        kind = type(one)
        if kind is str:
            size += len(one) if len(one) <= longest else longest + _MARK
        elif kind is dict:
            size += sum(map(len, one))
            todo += one.values()
        elif kind is list:
            todo += one
    return size


def _cut(value: Any, longest: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= longest else f"{value[:longest]}…[{len(value) - longest} more characters]"
    if isinstance(value, dict):
        return {name: _cut(one, longest) for name, one in value.items()}
    if isinstance(value, list):
        return [_cut(one, longest) for one in value]
    return value
