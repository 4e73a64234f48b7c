"""Gemini's contents without the signatures that only another provider can read, before Gemini itself gets them."""

from __future__ import annotations

import base64
from typing import Any

from agw.translate.gemini import signatures
from agw.translate.gemini.contents_write import UNSIGNED
from agw.translate.gemini.request_write import version_of
from agw.translate.neutral import Maker

_MARK = base64.b64encode(signatures.OURS).decode()[: len(signatures.OURS) * 8 // 6]
"""How a signature of ours begins: the characters that only the mark decides."""
_NAMES = ("thoughtSignature", "thought_signature")


def holds_foreign(given: list[Any]) -> bool:
    return any(_is_foreign(part) for content in given for part in _parts(content))


def contents(given: list[Any], model: str, dropped: list[str]) -> list[Any]:
    made = [_content(one, model, dropped) for one in given]
    return [one for one in made if one is not None]


def _content(content: Any, model: str, dropped: list[str]) -> Any:
    parts = _parts(content)
    if not any(_is_foreign(one) for one in parts):
        return content
    dropped.append("reasoning")
    kept = [_unsigned(one) for one in parts if not (_is_foreign(one) and one.get("thought") is True)]
    if (version_of(model) or 0) >= 3:
        _excuse(kept)
    return {**content, "parts": kept} if kept else None


def _parts(content: Any) -> list[Any]:
    parts = content.get("parts") if isinstance(content, dict) and content.get("role") == "model" else None
    return parts if isinstance(parts, list) else []


def _is_foreign(part: Any) -> bool:
    if not isinstance(part, dict):
        return False
    value = part.get(_NAMES[0]) or part.get(_NAMES[1])
    return isinstance(value, str) and value.startswith(_MARK) and signatures.read(value).maker is not Maker.GOOGLE


def _unsigned(part: Any) -> Any:
    return {key: value for key, value in part.items() if key not in _NAMES} if _is_foreign(part) else part


def _excuse(parts: list[Any]) -> None:
    """The first of a turn's calls has to be signed, or to say that nobody could."""
    for at, part in enumerate(parts):
        if isinstance(part, dict) and ("functionCall" in part or "function_call" in part):
            if not any(name in part for name in _NAMES):
                parts[at] = {**part, _NAMES[0]: UNSIGNED}
            return
