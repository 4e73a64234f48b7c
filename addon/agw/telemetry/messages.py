"""Messages as the schemas of the conventions 1.41.1 have them, whatever made them.

A validator that finds one thing wrong drops all messages of the span (platforms.md §0, traps 4 to 6), so what a format
leaves out or names otherwise is set right here. What is right is passed on as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agw.record import Content

Message = dict[str, Any]
_TOOL_ANSWER = "tool_call_response"


def input_messages(content: Content) -> list[Message] | None:
    """One message for each tool's answer: a reader such as Phoenix shows only the last one of several."""
    found = content.input_messages
    if found is None or not any(_answers(one) for one in found):
        return found
    return [split for one in found for split in _split(one)]


def output_messages(content: Content, *, failed: bool) -> list[Message] | None:
    """Each with ``finish_reason``: deprecated later, but required by 1.41."""
    found = content.output_messages
    if found is None or all(one.get("finish_reason") for one in found):
        return found
    reason = "error" if failed else "stop"
    return [one if one.get("finish_reason") else {**one, "finish_reason": reason} for one in found]


def tool_definitions(content: Content) -> list[Message] | None:
    """Each with its required name: tools that run at the provider have only a type."""
    found = content.tool_definitions
    if found is None or all(one.get("name") for one in found):
        return found
    return [one if one.get("name") else {**one, "name": str(one.get("type", "function"))} for one in found]


def parts_of(message: Message) -> list[Message]:
    parts = message.get("parts")
    return [one for one in parts if isinstance(one, dict)] if isinstance(parts, list) else []


def _answers(message: Message) -> bool:
    """Whether a tool's answer stands here beside something else, or without ``response``."""
    parts = message.get("parts")
    if not isinstance(parts, list):
        return False
    return any(
        isinstance(one, dict) and one.get("type") == _TOOL_ANSWER and (len(parts) > 1 or "response" not in one)
        for one in parts
    )


def _split(message: Message) -> Iterator[Message]:
    if not _answers(message):
        yield message
        return
    rest = []
    for part in parts_of(message):
        if part.get("type") == _TOOL_ANSWER:
            yield {"role": "tool", "parts": [_with_response(part)]}
        else:
            rest.append(part)
    if rest:
        yield {**message, "parts": rest}


def _with_response(part: Message) -> Message:
    """``result`` stands in the specification's own example, ``response`` in its schema."""
    if "response" in part:
        return part
    return {**{key: value for key, value in part.items() if key != "result"}, "response": part.get("result")}
