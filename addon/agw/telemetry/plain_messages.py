"""Prompt and answer as the reference's expressions see them: roles and texts (agentgateway.md §2.4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agw.record import Content
from agw.telemetry.messages import parts_of


def prompt(content: Content | None) -> list[dict[str, str]] | None:
    """``[{role, content}]``: the system's instructions first, the parts of its text on lines of their own."""
    if content is None or content.input_messages is None:
        return None
    system = _texts(content.system_instructions or ())
    first = [{"role": "system", "content": "\n".join(system)}] if system else []
    return first + [
        {"role": str(one.get("role", "")), "content": " ".join(_texts(parts_of(one)))} for one in content.input_messages
    ]


def completion(messages: list[dict[str, Any]] | None) -> list[str] | None:
    """The text of each choice."""
    return None if messages is None else ["".join(_texts(parts_of(one))) for one in messages]


def tool_calls(messages: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    """``[{id, name, arguments}]`` of all choices."""
    if messages is None:
        return None
    return [
        {key: part[key] for key in ("id", "name", "arguments") if part.get(key) is not None}
        for one in messages
        for part in parts_of(one)
        if part.get("type") == "tool_call"
    ]


def _texts(parts: Iterable[dict[str, Any]]) -> list[str]:
    """Texts and what tools gave back; pictures, sounds, thoughts and calls are left out."""
    texts = []
    for part in parts:
        if part.get("type") == "text":
            text = part.get("content")
        elif part.get("type") == "tool_call_response":
            text = part.get("response", part.get("result"))
        else:
            continue
        if isinstance(text, str):
            texts.append(text)
    return texts
