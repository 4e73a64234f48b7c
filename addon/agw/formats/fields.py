"""Reads one field of a body that may have any shape: the right type, or None."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAX_TEXT = 500
"""Characters kept of a name or a message that somebody else wrote."""


def text(body: Mapping[str, Any], key: str) -> str | None:
    value = body.get(key)
    return value[:MAX_TEXT] if isinstance(value, str) and value else None


def number(body: Mapping[str, Any], key: str) -> float | None:
    value = body.get(key)
    return (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300 else None
    )


def integer(body: Mapping[str, Any], *keys: str) -> int | None:
    for key in keys:
        value = body.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
            return value
    return None


def texts(body: Mapping[str, Any], key: str) -> tuple[str, ...] | None:
    """A string, or a list of them, as a tuple."""
    value = body.get(key)
    if isinstance(value, str):
        return (value[:MAX_TEXT],)
    if isinstance(value, list):
        return tuple(one[:MAX_TEXT] for one in value if isinstance(one, str)) or None
    return None


def mapping(body: Any, key: str) -> dict[str, Any]:
    """An object, empty where there is none."""
    value = body.get(key) if isinstance(body, dict) else None
    return value if isinstance(value, dict) else {}


def items(body: Any, key: str) -> list[dict[str, Any]]:
    """The objects of a list, empty where there is none."""
    value = body.get(key) if isinstance(body, dict) else None
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def error_of(body: Any) -> tuple[str, str] | None:
    """(type, message) of OpenAI's, Anthropic's and Google's error objects; None where there is none.

    The provider's code is the more telling name where it is a word (``rate_limit_exceeded``), else its type.
    """
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, str) and error:
        return "error", error[:MAX_TEXT]
    if not isinstance(error, dict):
        return None
    names = (error.get(key) for key in ("code", "type", "status"))
    kind = next((name[:100] for name in names if isinstance(name, str) and name), "error")
    return kind, text(error, "message") or kind
