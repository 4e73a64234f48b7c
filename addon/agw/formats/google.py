"""Google's JSON: one API, two spellings of each name.

The REST APIs read both ``inlineData`` and ``inline_data`` (https://protobuf.dev/programming-guides/json), and Google's
own examples write both; answers come in the first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

FINISH_REASONS: Mapping[str, str] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "MALFORMED_FUNCTION_CALL": "error",
    "UNEXPECTED_TOOL_CALL": "error",
    "TOO_MANY_TOOL_CALLS": "error",
    "MISSING_THOUGHT_SIGNATURE": "error",
}
"""https://ai.google.dev/api/generate-content#FinishReason, in the words of Chat Completions; any other is ``stop``."""


@lru_cache(maxsize=256)
def _snake(key: str) -> str:
    return re.sub(r"[A-Z]", lambda found: "_" + found[0].lower(), key)


def field(body: Any, key: str) -> Any:
    """The value of ``key`` (in camel case) in either spelling; None where it is missing or ``body`` is no object."""
    if not isinstance(body, dict):
        return None
    value = body.get(key)
    return body.get(_snake(key)) if value is None else value


def part_of(body: Any, key: str) -> dict[str, Any]:
    """An object, empty where there is none."""
    value = field(body, key)
    return value if isinstance(value, dict) else {}


def list_of(body: Any, key: str) -> list[dict[str, Any]]:
    """The objects of a list; a single object counts as a list of one (the APIs take ``contents`` so)."""
    value = field(body, key)
    if isinstance(value, dict):
        return [value]
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def finish_reason(reason: Any, calls_tool: bool) -> str | None:
    """A candidate's ``finishReason`` in the words of Chat Completions; None while there is none."""
    if not isinstance(reason, str) or not reason or reason == "FINISH_REASON_UNSPECIFIED":
        return None
    word = FINISH_REASONS.get(reason, "stop")
    return "tool_calls" if calls_tool and word == "stop" else word
