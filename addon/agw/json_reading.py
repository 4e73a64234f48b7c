"""JSON as Python's own library reads it, in a third of the time.

msgspec takes what is strictly JSON, to the same values: integers of any length, the last of two members of one name.
What it refuses is asked of Python's library, so that there is one answer to what is valid and one wording of what is
wrong: a byte order mark, lone surrogates, numbers beyond a double, NaN.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

strictly = msgspec.json.Decoder().decode
"""Raises one of REFUSED for what it does not take, be it JSON or not."""
REFUSED = (msgspec.MsgspecError, UnicodeError)


def loads(text: bytes | str) -> Any:
    """What ``json.loads`` gives, and what it raises: ValueError or RecursionError."""
    try:
        return strictly(text)
    except REFUSED:
        return json.loads(text)


def load_object(text: bytes | str) -> dict[str, Any] | None:
    """The object that it is; None for whatever else somebody has sent."""
    try:
        value = loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
