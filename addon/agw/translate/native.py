"""What translation left in a conversation, taken out again before a provider of the client's own format gets it.

A conversation may move between providers: what one of another format thought is sealed inside an opaque string of the
client's (``seals.py``), and a signature that Gemini put on a call rides in the call's id (``tools.py``). Only the maker
can read either; Anthropic, OpenAI and Google refuse what they did not sign, and ids that are too long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agw.translate import seals
from agw.translate.gemini import unsigned
from agw.translate.tools import SEALED, unsealed

_IDS = ("id", "call_id", "tool_call_id", "tool_use_id")
_SEALS = ("signature", "data", "encrypted_content")
_OUR_REASONING_ID = re.compile(r"rs_.+_\d+")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """``changes`` are top-level members of the body; ``dropped`` names what the provider does not get."""

    changes: dict[str, Any] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()


_NOTHING = Cleaned()


def without_foreign(api_type: str, body: Mapping[str, Any], model: str = "") -> Cleaned:
    """What to change in a body that is sent in its own format; nothing for nearly every call."""
    key, holds = _PLACES.get(api_type, ("", None))
    given = body.get(key)
    # Every call comes by here: the look that finds nothing must cost next to nothing.
    if holds is None or not isinstance(given, list) or not holds(given):
        return _NOTHING
    dropped: list[str] = []

    def item(one: Any) -> Any:
        return _item(one, dropped)

    made = unsigned.contents(given, model, dropped) if key == "contents" else _cleaned(given, item)
    changes: dict[str, Any] = {key: made}
    if dropped and _thinking_is_refused(body, made):
        changes.update(_without_thinking(body))
        dropped.append("thinking")
    return Cleaned(changes, tuple(dict.fromkeys(dropped)))


def _in_messages(messages: list[Any]) -> bool:
    """Only what the assistant said tells: results repeat the ids of its calls."""
    return any(_tells(block) for one in messages for block in _said(one, "content"))


def _in_chat(messages: list[Any]) -> bool:
    # Most messages call no tool: no generators for those.
    callers = [one for one in messages if isinstance(one, dict) and "tool_calls" in one]
    return any(_is_sealed(call.get("id")) for one in callers for call in _said(one, "tool_calls"))


def _in_items(items: list[Any]) -> bool:
    for item in items:
        if isinstance(item, dict) and (
            _is_sealed(item.get("call_id"))
            or (item.get("type") == "reasoning" and (_is_invented(item) or seals.is_foreign(item.get(_SEALS[2]))))
        ):
            return True
    return False


def _said(message: Any, key: str) -> list[dict[str, Any]]:
    if not isinstance(message, dict) or message.get("role") != "assistant":
        return []
    given = message.get(key)
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _tells(block: dict[str, Any]) -> bool:
    kind = block.get("type")
    if kind == "tool_use":
        return _is_sealed(block.get("id"))
    if kind == "thinking":
        return _nobody_signed(block) or seals.is_foreign(block.get("signature"))
    return kind == "redacted_thinking" and seals.is_foreign(block.get("data"))


def _is_sealed(call_id: Any) -> bool:
    return isinstance(call_id, str) and SEALED in call_id


_PLACES: Mapping[str, tuple[str, Callable[[list[Any]], bool]]] = {
    "messages": ("messages", _in_messages),
    "anthropicTokenCount": ("messages", _in_messages),
    "completions": ("messages", _in_chat),
    "responses": ("input", _in_items),
    "generateContent": ("contents", unsigned.holds_foreign),
    "geminiCountTokens": ("contents", unsigned.holds_foreign),
}
"""Where a format keeps its conversation, and whether one holds what is not its own."""


def _cleaned(value: list[Any], item: Callable[[Any], Any]) -> list[Any]:
    """The very same list where nothing is foreign in it."""
    made = [item(one) for one in value]
    if all(new is old for new, old in zip(made, value, strict=True)):
        return value
    return [one for one in made if one is not None]


def _item(item: Any, dropped: list[str]) -> Any:
    """A message, a block or a call; None for reasoning that somebody else sealed, and for a message of nothing else."""
    if not isinstance(item, dict):
        return item
    if any(seals.is_foreign(item.get(key)) for key in _SEALS) or _nobody_signed(item) or _is_invented(item):
        dropped.append("reasoning")
        return None
    changes: dict[str, Any] = {}
    for key in _IDS:
        given = item.get(key)
        if isinstance(given, str) and SEALED in given:
            changes[key] = unsealed(given)[0]
    for key in ("content", "tool_calls"):
        given = item.get(key)
        if isinstance(given, list) and (made := _cleaned(given, lambda one: _item(one, dropped))) is not given:
            if key == "content" and not made:
                return None
            changes[key] = made
    return {**item, **changes} if changes else item


def _nobody_signed(block: Mapping[str, Any]) -> bool:
    """Anthropic's own thoughts always have a signature; ours have an empty one where their provider gave none."""
    return block.get("type") == "thinking" and block.get("signature") == ""


def _is_invented(item: Mapping[str, Any]) -> bool:
    """A reasoning item that OpenAI would look up in vain: its id is one of ours (``responses/items.py``)."""
    if item.get("type") != "reasoning" or item.get("encrypted_content"):
        return False
    own_id = item.get("id")
    return isinstance(own_id, str) and _OUR_REASONING_ID.fullmatch(own_id) is not None


def _thinking_is_refused(body: Mapping[str, Any], messages: list[Any]) -> bool:
    """Anthropic wants a budget's thoughts before the calls whose results it gets; those are gone now."""
    thinking = body.get("thinking")
    if not isinstance(thinking, dict) or thinking.get("type") != "enabled":
        return False
    said = (one for one in reversed(messages) if isinstance(one, dict) and one.get("role") == "assistant")
    content = next(said, {}).get("content")
    kinds = {block.get("type") for block in content if isinstance(block, dict)} if isinstance(content, list) else set()
    return "tool_use" in kinds and not kinds & {"thinking", "redacted_thinking"}


def _without_thinking(body: Mapping[str, Any]) -> dict[str, Any]:
    """Edits of the context that clear thoughts are refused where there is no thinking."""
    changes: dict[str, Any] = {"thinking": {"type": "disabled"}}
    managed = body.get("context_management")
    if isinstance(managed, dict) and isinstance(edits := managed.get("edits"), list):
        kept = [one for one in edits if not str(isinstance(one, dict) and one.get("type")).startswith("clear_thinking")]
        changes["context_management"] = {**managed, "edits": kept}
    return changes
