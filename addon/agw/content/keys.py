"""Whether something holds a key or a token, by the recogniser that redaction takes them out with."""

from __future__ import annotations

from typing import Any

from agw.content.recognisers import MAX_MATCH
from agw.content.redactor import MAX_TEXT, Redactor, Rule, mapped

_KEYS = Redactor((Rule("apiKeys"),))


def holds_key(value: Any) -> bool:
    """Looks at all texts and keys of a JSON value. Raises RecursionError for what is nested too deeply."""
    found = False

    def look(text: str) -> str:
        nonlocal found
        # In pieces that overlap: of a longer text the redactor leaves out the rest.
        for at in range(0, 1 if found else len(text), MAX_TEXT - MAX_MATCH):
            piece = text[at : at + MAX_TEXT]
            found = found or _KEYS.text(piece) != piece
        return text

    mapped(value, look, lambda one: one)
    return found
