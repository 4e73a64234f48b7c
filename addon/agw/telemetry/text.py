"""Strings that somebody else wrote, made fit for the wire."""

from __future__ import annotations

MAX_CHARS = 4096
"""Of one attribute value that is not content."""


def clean(text: str, max_chars: int = MAX_CHARS) -> str:
    """Valid UTF-8 of at most ``max_chars`` characters.

    Protobuf refuses lone surrogates, which JSON may bring; each becomes a question mark.
    """
    if len(text) > max_chars:
        text = text[: max_chars - 1] + "…"
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
