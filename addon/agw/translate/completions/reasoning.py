"""Reasoning in Chat Completions, which has no field of OpenAI's own for it.

``reasoning_content`` (DeepSeek, Moonshot, vLLM, ...) or ``reasoning`` (OpenRouter, newer vLLM) hold plain text;
``reasoning_details`` (https://openrouter.ai/docs/use-cases/reasoning-tokens) holds entries with the maker's proof:
``reasoning.text`` with a signature, ``reasoning.summary``, ``reasoning.encrypted`` with data; ``format`` names who
made them. Mistral puts its thoughts among the content (https://docs.mistral.ai/capabilities/reasoning).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agw.translate import reading
from agw.translate.neutral import Maker, Reasoning, Seal, Text
from agw.translate.writing import without_none

_FORMATS = {
    Maker.ANTHROPIC: "anthropic-claude-v1",
    Maker.OPENAI: "openai-responses-v1",
    Maker.GOOGLE: "google-gemini-v1",
}


def text_of(message: Mapping[str, Any]) -> str | None:
    """The plain text of a message or a delta."""
    for key in ("reasoning_content", "reasoning"):
        value = message.get(key)
        if isinstance(value, str) and value:
            return value
    return None


def pieces_of(content: list[Any]) -> list[Reasoning | Text]:
    """What stands in a content that is a list, in order. Such thoughts have no seal: nothing takes them back."""
    found: list[Reasoning | Text] = []
    for one in content:
        if not isinstance(one, dict):
            continue
        if one.get("type") == "thinking":
            thought = reading.string(one, "thinking") or joined(reading.objects(one, "thinking"))
            found += [Reasoning(thought)] if thought else []
        elif text := reading.string(one, "text"):
            found.append(Text(text))
    return found


def _maker(detail: Mapping[str, Any]) -> Maker | None:
    form = reading.string(detail, "format") or ""
    return next((maker for maker in _FORMATS if form.startswith(maker.value)), None)


def read_details(message: Mapping[str, Any]) -> list[Reasoning]:
    """What a client sends back: entries of a known maker by their own seals, any other whole."""
    details = reading.objects(message, "reasoning_details")
    if not details or any(_maker(one) is None for one in details):
        text = text_of(message)
        if text is None and not details:
            return []
        return [Reasoning(text or joined(details), sealed(details))]
    found: list[Reasoning] = []
    for detail in details:
        maker = _maker(detail) or Maker.COMPLETIONS
        if detail.get("type") != "reasoning.encrypted":
            text = reading.string(detail, "text") or reading.string(detail, "summary") or ""
            signature = reading.string(detail, "signature")
            found.append(Reasoning(text, Seal(maker, signature) if signature else None))
            continue
        data = reading.string(detail, "data") or ""
        seal = Seal(maker, data, redacted=maker is Maker.ANTHROPIC, id=reading.string(detail, "id"))
        # The encrypted entry of these makers seals the readable one before it.
        if found and found[-1].seal is None and maker is not Maker.ANTHROPIC:
            found[-1] = Reasoning(found[-1].text, seal)
        else:
            found.append(Reasoning("", seal))
    return found


def details_of(part: Reasoning, before: int) -> list[dict[str, Any]]:
    """The entries that let a client send this reasoning back; none where there is no seal to keep.

    ``before`` entries stand before them: SDKs put a stream's pieces together by ``index``.
    """
    return [{**entry, "index": before + at} for at, entry in enumerate(_entries(part))]


def _entries(part: Reasoning) -> list[dict[str, Any]]:
    seal = part.seal
    if seal is None:
        return []
    if seal.maker is Maker.COMPLETIONS:
        return kept_details(seal)
    form = _FORMATS[seal.maker]
    if seal.maker is Maker.ANTHROPIC and not seal.redacted:
        return [{"type": "reasoning.text", "text": part.text, "signature": seal.value, "format": form}]
    readable = [{"type": "reasoning.summary", "summary": part.text, "format": form}] if part.text else []
    sealed = {"type": "reasoning.encrypted", "data": seal.value, "id": seal.id, "format": form}
    return [*readable, without_none(sealed)]


def kept_details(seal: Seal) -> list[dict[str, Any]]:
    try:
        details = json.loads(seal.value) if seal.value else []
    except (ValueError, RecursionError):
        return []
    return [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []


def joined(details: list[dict[str, Any]]) -> str:
    return "".join(reading.string(one, "text") or reading.string(one, "summary") or "" for one in details)


def wire_reasoning(text: str, details: list[dict[str, Any]]) -> Reasoning | None:
    """What a provider of this format thought, sealed so that it finds back here."""
    if not text and not details:
        return None
    return Reasoning(text or joined(details), sealed(details))


def sealed(details: list[dict[str, Any]]) -> Seal:
    """Entries that prove nothing are not kept: their text says it all."""
    proven = any(one.get("signature") or one.get("data") for one in details)
    return Seal(Maker.COMPLETIONS, json.dumps(details, ensure_ascii=False, sort_keys=True) if proven else "")


class Details:
    """A stream's entries, put together: a piece of the same type and index continues the one before it."""

    def __init__(self) -> None:
        self._entries: list[tuple[dict[str, Any], list[str]]] = []

    def add(self, pieces: list[dict[str, Any]]) -> None:
        for piece in pieces:
            last = self._entries[-1][0] if self._entries else None
            same = last is not None and all(last.get(key) == piece.get(key) for key in ("type", "index"))
            if last is None or not same or piece.get("type") == "reasoning.encrypted":
                last = {}
                self._entries.append((last, []))
            key = _text_key(piece)
            for name, value in piece.items():
                if name != key and value is not None:
                    last[name] = value
            text = reading.string(piece, key)
            if text:
                self._entries[-1][1].append(text)

    def entries(self) -> list[dict[str, Any]]:
        return [{**entry, _text_key(entry): "".join(texts)} if texts else entry for entry, texts in self._entries]


def _text_key(entry: Mapping[str, Any]) -> str:
    return "summary" if entry.get("type") == "reasoning.summary" else "text"
