"""Prompts and answers apart from their records, each piece once by its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from agw.content.size import bounded, without_content
from agw.record import CallRecord, codec

FIELDS = ("system_instructions", "input_messages", "output_messages", "tool_definitions")
KEY = "$sha256"
INLINE_CHARS = 200
"""A piece that is no longer than this stays in its record: its hash would not be shorter by much."""


def split(record: CallRecord) -> tuple[CallRecord, str, dict[str, str]]:
    """The record as it is stored, its JSON with references, and the pieces by their hashes.

    Content that is not JSON or far too large is left out or shortened, and the record's notes say so.
    """
    if record.content is None:
        return record, codec.to_text(record), {}
    record, _ = bounded(record)
    pieces: dict[str, str] = {}
    try:
        text = _content_text(record, pieces)
    except (ValueError, TypeError, RecursionError):
        record = without_content(record)
        return record, codec.to_text(record), {}
    body = codec.without_content(record)
    return record, (f'{body[:-1]},"content":{text}}}' if text else body), pieces


def _content_text(record: CallRecord, pieces: dict[str, str]) -> str:
    shown = []
    for name in FIELDS:
        found: list[Any] | None = getattr(record.content, name, None)
        if found is not None:
            shown.append(f'"{name}":[{",".join(_piece(one, pieces) for one in found)}]')
    return f"{{{','.join(shown)}}}" if record.content is not None else ""


def _piece(value: Any, pieces: dict[str, str]) -> str:
    text = codec.dumps(value)
    if len(text) <= INLINE_CHARS and KEY not in text:
        return text
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    pieces[sha256] = text
    return f'{{"{KEY}":"{sha256}"}}'


def join(body: str, piece: Callable[[str], str | None]) -> CallRecord:
    """The record of a stored text. ``piece`` gives a piece by its hash, None where it is not there (any more).

    Raises ValueError.
    """
    value = json.loads(body)
    if not isinstance(value, dict):
        raise ValueError("not a call record")
    content = value.get("content")
    if isinstance(content, dict):
        missing = False
        for name, found in content.items():
            whole = []
            for one in found or ():
                if isinstance(one, dict) and KEY in one:
                    text = piece(one[KEY])
                    missing |= text is None
                    if text is not None:
                        whole.append(json.loads(text))
                else:
                    whole.append(one)
            content[name] = whole
        if missing:
            value["notes"] = [*value.get("notes", ()), "content_missing"]
    return codec.from_json(value)
