"""The messages of a Chat Completions request, read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agw.errors import BadRequest
from agw.translate import openai_parts, reading, tools
from agw.translate.base import Losses
from agw.translate.completions import reasoning
from agw.translate.neutral import (
    Part,
    Refusal,
    Role,
    Text,
    ToolCall,
    ToolResult,
    Turn,
)

_SYSTEM = ("system", "developer")


def read(messages: list[dict[str, Any]], losses: Losses) -> tuple[tuple[Text, ...], tuple[Turn, ...]]:
    """(system prompt, turns): what system and developer say at the head is the prompt, the rest stays in its place."""
    system: list[Text] = []
    turns: list[Turn] = []
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        role = message.get("role")
        if role in _SYSTEM:
            texts = _texts(openai_parts.read_content(message.get("content"), where), where)
            if turns:
                turns.append(Turn(Role.SYSTEM, texts))
            else:
                system.extend(texts)
        elif role == "user":
            content = openai_parts.read_content(message.get("content"), where)
            turns.append(Turn(Role.USER, content, name=reading.string(message, "name")))
        elif role == "assistant":
            turns.append(Turn(Role.ASSISTANT, tuple(_assistant(message, where, losses))))
        elif role in ("tool", "function"):
            turns.append(Turn(Role.USER, (_result(message, where),)))
        else:
            raise BadRequest(f"{where}.role: must be system, developer, user, assistant or tool")
    return tuple(system), tuple(turns)


def _texts(parts: Iterable[Part], where: str) -> tuple[Text, ...]:
    found = tuple(part for part in parts if isinstance(part, Text))
    if len(found) != len(tuple(parts)):
        raise BadRequest(f"{where}.content: a system prompt must be text")
    return found


def _assistant(message: Mapping[str, Any], where: str, losses: Losses) -> list[Part]:
    parts: list[Part] = [*reasoning.read_details(message)]
    parts.extend(openai_parts.read_content(message.get("content"), where))
    if refusal := reading.string(message, "refusal"):
        parts.append(Refusal(refusal))
    if message.get("audio"):
        losses.add("messages.audio")
    parts.extend(_call(call, where) for call in reading.objects(message, "tool_calls"))
    legacy = reading.mapping(message, "function_call")
    if legacy:
        name = reading.demanded_string(legacy, "name", f"{where}.function_call")
        parts.append(ToolCall(_legacy_id(name), name, tools.as_text(legacy.get("arguments"))))
    return parts


def _call(call: Mapping[str, Any], where: str) -> ToolCall:
    call_id, seal = tools.unsealed(reading.demanded_string(call, "id", f"{where}.tool_calls"))
    if call.get("type") == "custom":
        custom = reading.mapping(call, "custom")
        name = reading.demanded_string(custom, "name", f"{where}.tool_calls.custom")
        return ToolCall(call_id, name, reading.string(custom, "input") or "", custom=True, seal=seal)
    function = reading.mapping(call, "function")
    name = reading.demanded_string(function, "name", f"{where}.tool_calls.function")
    return ToolCall(call_id, name, tools.as_text(function.get("arguments")), seal=seal)


def _result(message: Mapping[str, Any], where: str) -> ToolResult:
    if message.get("role") == "function":
        call_id = _legacy_id(reading.demanded_string(message, "name", where))
    else:
        call_id, _ = tools.unsealed(reading.demanded_string(message, "tool_call_id", where))
    return ToolResult(call_id, openai_parts.read_content(message.get("content"), where))


def _legacy_id(name: str) -> str:
    """Legacy function calls have no id: the name pairs call and result."""
    return f"call_{name}"
