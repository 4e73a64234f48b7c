"""A score: one judgement of one call, by a person, a model or a program.

As a client posts it (JSON)::

    {"name": "helpful", "value": 0.9, "label": "good", "comment": "…",
     "trace_id": "…32 hex", "span_id": "…16 hex"}        # the answer's headers x-agw-trace-id, x-agw-span-id

``value`` (a number, true or false) or ``label`` must be there. ``source`` is ``human`` (default), ``model`` or
``code``; ``id`` makes a score that is posted again the same one; ``metadata`` is an object of texts.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agw.errors import AgwError

MAX_NAME, MAX_LABEL, MAX_COMMENT, MAX_METADATA = 128, 512, 8192, 32
SOURCES = ("human", "model", "code")
_KEYS = ("name", "value", "label", "comment", "trace_id", "span_id", "response_id", "source", "id", "metadata")
_NAME = re.compile(r"[\w][\w .:/-]*")
_TRACE_ID, _SPAN_ID = re.compile(r"(?!0+$)[0-9a-f]{32}"), re.compile(r"(?!0+$)[0-9a-f]{16}")


class ScoreError(AgwError):
    """A score that cannot be taken; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Score:
    """``value`` and ``label``: at least one is not None. ``is_bool``: the value was true or false, told as 1 or 0."""

    name: str
    trace_id: str
    span_id: str
    time_ns: int
    id: str
    """A UUID. The same for the same score, so that every platform can tell a repetition."""
    value: float | None = None
    is_bool: bool = False
    label: str | None = None
    comment: str | None = None
    response_id: str | None = None
    source: str = "human"
    metadata: Mapping[str, str] = field(default_factory=dict)


def read(body: Any, now_ns: int) -> Score:
    """The score in a parsed JSON body. Raises ScoreError."""
    if not isinstance(body, dict):
        raise ScoreError("a score is a JSON object")
    unknown = [key for key in body if key not in _KEYS]
    if unknown:
        raise ScoreError(f"a score has no {_shown(unknown[0])}; it has {', '.join(_KEYS)}")
    name = _text(body, "name", MAX_NAME)
    if name is None or not _NAME.fullmatch(name):
        raise ScoreError("name: a word of letters, digits, spaces and . : / _ -")
    trace_id, span_id = _text(body, "trace_id", 32), _text(body, "span_id", 16)
    if trace_id is None or span_id is None or not (_TRACE_ID.fullmatch(trace_id) and _SPAN_ID.fullmatch(span_id)):
        raise ScoreError("trace_id and span_id: 32 and 16 hex digits, as in x-agw-trace-id and x-agw-span-id")
    value, label = _value(body.get("value")), _text(body, "label", MAX_LABEL)
    if value is None and label is None:
        raise ScoreError("a score has a value (a number, true or false) or a label")
    source = _text(body, "source", 16) or "human"
    if source not in SOURCES:
        raise ScoreError(f"source: one of {', '.join(SOURCES)}")
    score = Score(
        name=name,
        trace_id=trace_id,
        span_id=span_id,
        time_ns=now_ns,
        id="",
        value=value,
        is_bool=isinstance(body.get("value"), bool),
        label=label,
        comment=_text(body, "comment", MAX_COMMENT),
        response_id=_text(body, "response_id", MAX_LABEL),
        source=source,
        metadata=_metadata(body.get("metadata")),
    )
    return _with_id(score, _text(body, "id", MAX_NAME))


def _with_id(score: Score, said: str | None) -> Score:
    """Any text that the client calls it by, else what it says: a repetition of the same words is the same score."""
    told = said or json.dumps([score.name, score.value, score.label, score.comment, score.source])
    digest = hashlib.sha256(f"{score.trace_id}-{score.span_id}-{told}".encode()).hexdigest()
    values = {name: getattr(score, name) for name in score.__slots__}
    return Score(**{**values, "id": str(uuid.UUID(digest[:32], version=4))})


def _value(value: Any) -> float | None:
    if value is None:
        return None
    try:
        number = float(value) if isinstance(value, bool | int | float) else math.nan
    except OverflowError:
        number = math.nan
    if not math.isfinite(number):
        raise ScoreError("value: a number, true or false; words go to label")
    return number


def _text(body: Mapping[str, Any], key: str, most: int) -> str | None:
    text = body.get(key)
    if text is None:
        return None
    if not isinstance(text, str) or not text.strip() or len(text) > most:
        raise ScoreError(f"{key}: a text of 1 to {most} characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ScoreError(f"{key}: not valid Unicode") from None
    return text.strip()


def _metadata(given: Any) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict) or len(given) > MAX_METADATA:
        raise ScoreError(f"metadata: an object of at most {MAX_METADATA} texts")
    return {
        _text({"metadata": name}, "metadata", MAX_NAME) or "": _text(given, name, MAX_LABEL) or "" for name in given
    }


def _shown(key: str) -> str:
    return repr(key) if key.isidentifier() and len(key) <= MAX_NAME else "such key"
