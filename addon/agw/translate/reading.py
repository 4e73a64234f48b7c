"""Reads one field of a body that may have any shape: the right type, or None. Nothing is cut short here: it is content.

``formats/fields.py`` does it for the record, where texts and numbers are bounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.errors import BadRequest
from agw.formats import fields
from agw.json_reading import load_object
from agw.streaming.sse import SseEvent

mapping = fields.mapping
objects = fields.items


def string(body: Mapping[str, Any], key: str) -> str | None:
    value = body.get(key)
    return value if isinstance(value, str) else None


def strings(body: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A string or a list of them."""
    value = body.get(key)
    if isinstance(value, str):
        return (value,)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def integer(body: Mapping[str, Any], *keys: str) -> int | None:
    """The first that is a whole number."""
    for key in keys:
        value = body.get(key)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    return None


def number(body: Mapping[str, Any], key: str) -> float | None:
    value = body.get(key)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def boolean(body: Mapping[str, Any], key: str) -> bool | None:
    value = body.get(key)
    return value if isinstance(value, bool) else None


def demanded_objects(body: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """A list of objects that a request must have; raises BadRequest for anything else."""
    value = body.get(key)
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise BadRequest(f"{key}: must be a list of objects")
    return value


def demanded_string(body: Mapping[str, Any], key: str, where: str) -> str:
    """A text that a request must have; ``where`` is the path that the message names. Raises BadRequest."""
    value = body.get(key)
    if not isinstance(value, str):
        raise BadRequest(f"{where}.{key}: must be a string" if where else f"{key}: must be a string")
    return value


def event_body(event: SseEvent) -> dict[str, Any] | None:
    """An event's JSON object; None for whatever else it holds."""
    return load_object(event.data)
