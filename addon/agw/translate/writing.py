"""How the spokes write: events of a stream, and what an API demands where the provider said nothing."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def data_event(body: Any) -> bytes:
    return f"data: {_encode(body)}\n\n".encode("utf-8", "surrogatepass")


def named_event(name: str, body: Any) -> bytes:
    return f"event: {name}\ndata: {_encode(body)}\n\n".encode("utf-8", "surrogatepass")


def compact(value: Any) -> str:
    """JSON text without white space."""
    return _encode(value)


def now_s() -> int:
    """For ``created`` where the provider gives none."""
    return int(time.time())


def new_id(prefix: str) -> str:
    """For an id that an API demands and the provider does not give."""
    return f"{prefix}{uuid.uuid4().hex}"


def without_none(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value is not None}
