"""What expressions share with the rest of the house: values as texts, and what bounds them. Without the library, which
takes 12 MB and a tenth of a second to load and is needed by those configs alone that have expressions.
"""

from __future__ import annotations

import base64
import json
from typing import Any

MAX_TEXT = 4 << 20
"""Characters of a text that a function may give."""
FLATTEN = "\0flatten"
"""Marks a value that fields spread over several attributes; its number of levels."""


class FunctionError(Exception):
    """Without a message: the library would log it, with what the client sent."""


def to_json(value: Any) -> str:
    return bounded(json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_plain))


def _plain(value: Any) -> Any:
    return to_base64(value) if isinstance(value, bytes) else str(value)


def to_base64(value: Any) -> str:
    return base64.b64encode(to_bytes(value)).decode()


def to_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def bounded(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise FunctionError
    return text


def to_text(value: Any) -> str:
    """As the language's ``string`` does it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return json.dumps(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).replace("+00:00", "Z")
    if hasattr(value, "total_seconds"):
        return f"{value.total_seconds():.9f}".rstrip("0").rstrip(".") + "s"
    raise FunctionError
