"""Data URLs (RFC 2397), which OpenAI's formats use for what others call a source."""

from __future__ import annotations

import base64
from urllib.parse import unquote_to_bytes

from agw.errors import BadRequest

_SAME = {"image/jpg": "image/jpeg"}
"""Names that browsers take and providers refuse."""


def split_data_url(url: str) -> tuple[str, str] | None:
    """(mime type, base64 data); None for any other URL."""
    if url[:5].lower() != "data:":
        return None
    head, comma, data = url[5:].partition(",")
    if not comma:
        return None
    if not head.lower().endswith(";base64"):
        data = base64.b64encode(unquote_to_bytes(data)).decode()
    mime = head.partition(";")[0].lower() or "application/octet-stream"
    return _SAME.get(mime, mime), data


def data_url(mime: str | None, data: str) -> str:
    return f"data:{mime or 'application/octet-stream'};base64,{data}"


def decoded_text(data: str) -> str:
    """Base64 as the text that it holds. Raises BadRequest."""
    try:
        return base64.b64decode(data, validate=True).decode()
    except ValueError:
        raise BadRequest("messages: a text file must be base64 of UTF-8") from None
