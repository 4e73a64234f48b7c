"""Frames of Amazon's event stream, as a server writes them (the decoder under test is botocore's)."""

from __future__ import annotations

import base64
import json
import struct
from binascii import crc32
from typing import Any


def frame(payload: bytes, **headers: str) -> bytes:
    """``headers`` with ``_`` for ``-``; each gets its colon."""
    head = b""
    for key, value in headers.items():
        name, text = (":" + key.replace("_", "-")).encode(), value.encode()
        head += bytes([len(name)]) + name + b"\x07" + struct.pack(">H", len(text)) + text
    prelude = struct.pack(">II", 16 + len(head) + len(payload), len(head))
    prelude += struct.pack(">I", crc32(prelude))
    body = prelude + head + payload
    return body + struct.pack(">I", crc32(body))


def event(name: str, body: Any) -> bytes:
    return frame(json.dumps(body).encode(), event_type=name, content_type="application/json", message_type="event")


def invoked(body: Any) -> bytes:
    """One event of InvokeModelWithResponseStream."""
    return event("chunk", {"bytes": base64.b64encode(json.dumps(body).encode()).decode(), "p": "abc"})


def exception(name: str, message: str) -> bytes:
    return frame(
        json.dumps({"message": message}).encode(),
        exception_type=name,
        content_type="application/json",
        message_type="exception",
    )
