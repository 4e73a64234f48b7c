"""``promptCaching``: cache points in the requests of APIs that want to be told (agentgateway.md §1.8).

Bedrock Converse takes ``cachePoint`` blocks (https://docs.aws.amazon.com/bedrock, "Prompt caching"), Anthropic
``cache_control`` on a block (https://docs.claude.com/en/docs/build-with-claude/prompt-caching). A provider refuses more
than four; an app that marks its own request is therefore left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agw.config.snapshot import PromptCaching

_CHARS_PER_TOKEN = 4
_POINT = {"cachePoint": {"type": "default"}}
_MARK = {"type": "ephemeral"}
_BEDROCK = ("claude", "nova")
"""Families that cache on Bedrock; others refuse a cache point."""
_UNMARKED = ("thinking", "redacted_thinking")
"""Blocks that cannot carry a mark."""


def cache_points(body: Mapping[str, Any], wire: str, model: str, policy: PromptCaching | None) -> dict[str, Any]:
    """The members of the provider's body that change; none where caching is not asked for or not worth it."""
    if policy is None or wire not in ("converse", "messages"):
        return {}
    prompt = {name: body[name] for name in ("system", "tools", "toolConfig", "messages") if name in body}
    if _is_marked(prompt) or not _is_long(prompt, policy.min_tokens * _CHARS_PER_TOKEN):
        return {}
    if wire == "messages":
        return _anthropic(body, policy)
    return _bedrock(body, model, policy) if any(family in model for family in _BEDROCK) else {}


def _bedrock(body: Mapping[str, Any], model: str, policy: PromptCaching) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    system, tools, messages = body.get("system"), body.get("toolConfig"), _messages(body)
    if policy.system and isinstance(system, list) and system:
        changes["system"] = [*system, _POINT]
    # Nova caches system prompts and messages, not tools.
    if policy.tools and "claude" in model and isinstance(tools, dict) and isinstance(tools.get("tools"), list):
        changes["toolConfig"] = {**tools, "tools": [*tools["tools"], _POINT]}
    if policy.messages and (place := _place(messages, policy)) is not None:
        one = messages[place]
        if isinstance(one.get("content"), list) and one["content"]:
            changes["messages"] = _with(messages, place, {**one, "content": [*one["content"], _POINT]})
    return changes


def _anthropic(body: Mapping[str, Any], policy: PromptCaching) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    tools, messages = body.get("tools"), _messages(body)
    if policy.system and (system := _marked(body.get("system"))) is not None:
        changes["system"] = system
    if policy.tools and isinstance(tools, list) and tools and isinstance(tools[-1], dict):
        changes["tools"] = [*tools[:-1], {**tools[-1], "cache_control": _MARK}]
    if policy.messages and (place := _place(messages, policy)) is not None:
        content = _marked(messages[place].get("content"))
        if content is not None:
            changes["messages"] = _with(messages, place, {**messages[place], "content": content})
    return changes


def _marked(content: Any) -> list[Any] | None:
    """A text or blocks, with the mark on the last block; None where that cannot carry one."""
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    if not isinstance(content, list) or not content or not isinstance(content[-1], dict):
        return None
    last = content[-1]
    if last.get("type") in _UNMARKED or (last.get("type") == "text" and not last.get("text")):
        return None
    return [*content[:-1], {**last, "cache_control": _MARK}]


def _messages(body: Mapping[str, Any]) -> list[Any]:
    found = body.get("messages")
    return found if isinstance(found, list) else []


def _place(messages: Sequence[Any], policy: PromptCaching) -> int | None:
    """Index of the message behind which the cache point stands."""
    place = len(messages) - 1 - policy.message_offset
    return place if place >= 0 and isinstance(messages[place], dict) else None


def _with(messages: Sequence[Any], place: int, one: dict[str, Any]) -> list[Any]:
    return [*messages[:place], one, *messages[place + 1 :]]


def _is_marked(value: Any) -> bool:
    return any("cachePoint" in one or "cache_control" in one for one in _mappings(value))


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _is_long(value: Any, chars: int) -> bool:
    """Whether the texts of the prompt have ``chars`` characters or more. Media are left out: they are no text."""
    left = chars
    for one in _mappings(value):
        for name, text in one.items():
            if isinstance(text, str) and name not in ("data", "bytes", "url"):
                left -= len(text)
        if left <= 0:
            return True
    return left <= 0
