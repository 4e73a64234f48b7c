"""The input items of a Responses request, read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.errors import BadRequest
from agw.translate import openai_parts, reading, seals, tools
from agw.translate.base import Losses
from agw.translate.neutral import File, Image, Maker, Part, Reasoning, Role, Text, ToolCall, ToolResult, Turn
from agw.translate.openai_tools import NAMESPACE

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM, "developer": Role.SYSTEM}
_HISTORY = (
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "image_generation_call",
    "mcp_list_tools",
    "mcp_call",
    "tool_search_call",
    "tool_search_output",
)
"""What OpenAI's own tools did in an earlier turn; the model's words about it stand beside it."""


def read(given: Any, losses: Losses) -> list[Turn]:
    """Each item is a turn of its own; neighbours are merged by the wire that wants them so."""
    if given is None:
        return []
    if isinstance(given, str):
        return [Turn(Role.USER, (Text(given),))]
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise BadRequest("input: must be a string or a list of items")
    turns = []
    for index, item in enumerate(given):
        if (turn := _turn(item, f"input[{index}]", losses)) is not None:
            turns.append(turn)
    return turns


def _turn(item: Mapping[str, Any], where: str, losses: Losses) -> Turn | None:
    kind = item.get("type", "message")
    match kind:
        case "message":
            role = item.get("role")
            if not isinstance(role, str) or role not in _ROLES:
                raise BadRequest(f"{where}.role: must be user, assistant, system or developer")
            content = openai_parts.read_content(item.get("content"), where)
            if _ROLES[role] is Role.SYSTEM and not all(isinstance(part, Text) for part in content):
                raise BadRequest(f"{where}.content: a {role} message must be text")
            return Turn(_ROLES[role], content)
        case "function_call" | "custom_tool_call":
            return Turn(Role.ASSISTANT, (_call(item, where, custom=kind == "custom_tool_call"),))
        case "function_call_output" | "custom_tool_call_output":
            return Turn(Role.USER, (_output(item, where),))
        case "reasoning":
            return Turn(Role.ASSISTANT, (_reasoning(item),))
    if kind in _HISTORY:
        losses.add(f"input.{kind}")
        return None
    if kind == "item_reference":
        raise BadRequest(f"{where}: the item is stored at OpenAI and cannot be read by this provider: send it whole")
    raise BadRequest(f"{where}: items of type {str(kind)[:50]!r} cannot be translated for this provider")


def _call(item: Mapping[str, Any], where: str, *, custom: bool) -> ToolCall:
    call_id, seal = tools.unsealed(reading.demanded_string(item, "call_id", where))
    name = reading.demanded_string(item, "name", where)
    if namespace := reading.string(item, "namespace"):
        name = f"{namespace}{NAMESPACE}{name}"
    if custom:
        return ToolCall(call_id, name, reading.string(item, "input") or "", custom=True, seal=seal)
    return ToolCall(call_id, name, tools.as_text(item.get("arguments")), seal=seal)


def _output(item: Mapping[str, Any], where: str) -> ToolResult:
    call_id, _ = tools.unsealed(reading.demanded_string(item, "call_id", where))
    parts: tuple[Part, ...] = openai_parts.read_content(item.get("output"), f"{where}.output")
    kept = tuple(part for part in parts if isinstance(part, Text | Image | File))
    if len(kept) != len(parts):
        raise BadRequest(f"{where}.output: must be text, images or files")
    return ToolResult(call_id, kept)


def _reasoning(item: Mapping[str, Any]) -> Reasoning:
    text = reasoning_text(item)
    sealed = reading.string(item, "encrypted_content")
    seal = seals.unwrap(sealed, Maker.OPENAI, seal_id=reading.string(item, "id")) if sealed else None
    return Reasoning(text, seal, summary=bool(reading.objects(item, "summary")))


def reasoning_text(item: Mapping[str, Any]) -> str:
    """The summary's parts as paragraphs; the thoughts themselves where there is no summary."""
    texts = reading.objects(item, "summary") or reading.objects(item, "content")
    return "\n\n".join(text for one in texts if (text := reading.string(one, "text")))
