"""What translation left in a conversation, taken out again before a provider of the client's own format gets it.

A conversation may move between providers: what one of another format thought is sealed inside an opaque string of the
client's (``seals.py``), and a signature that Gemini put on a call rides in the call's id (``tools.py``). Only the maker
can read either; Anthropic and OpenAI refuse what they did not sign, and ids that are too long.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.translate.seals import is_foreign
from agw.translate.tools import unsealed

_IDS = ("id", "call_id", "tool_call_id", "tool_use_id")
_LISTS = {"messages": "messages", "completions": "messages", "responses": "input"}


def without_foreign(api_type: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The top-level members to change in a body that is sent in its own format; empty for nearly every call."""
    key = _LISTS.get(api_type)
    given = body.get(key) if key else None
    if key is None or not isinstance(given, list):
        return {}
    made = _cleaned(given)
    return {} if made is given else {key: made}


def _cleaned(value: list[Any]) -> list[Any]:
    """The very same list where nothing is foreign in it."""
    made = [_item(one) for one in value]
    if all(new is old for new, old in zip(made, value, strict=True)):
        return value
    return [one for one in made if one is not None]


def _item(item: Any) -> Any:
    """A message, a block or a call; None for reasoning that somebody else sealed, and for a message of nothing else."""
    if not isinstance(item, dict):
        return item
    if any(is_foreign(item.get(key)) for key in ("signature", "data", "encrypted_content")):
        return None
    changes: dict[str, Any] = {}
    for key in _IDS:
        given = item.get(key)
        if isinstance(given, str) and "__" in given and (own := unsealed(given)[0]) != given:
            changes[key] = own
    for key in ("content", "tool_calls"):
        given = item.get(key)
        if isinstance(given, list) and (made := _cleaned(given)) is not given:
            if key == "content" and not made:
                return None
            changes[key] = made
    return {**item, **changes} if changes else item
