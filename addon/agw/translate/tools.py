"""What every spoke needs to know of tool calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from agw.translate.neutral import Request, Tool, ToolCall

CUSTOM_INPUT = "input"
"""The one argument of the function that stands for a custom tool."""


def as_object(arguments: str) -> dict[str, Any] | None:
    """The arguments as an object: ``{}`` for none, None for what is not a JSON object."""
    if not arguments.strip():
        return {}
    try:
        parsed = json.loads(arguments)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def as_text(value: Any) -> str:
    """Arguments that came as JSON, as text; ``{}`` for none."""
    if isinstance(value, str):
        return value or "{}"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if value is not None else "{}"


def calls(request: Request) -> Iterator[ToolCall]:
    for turn in request.turns:
        for part in turn.parts:
            if isinstance(part, ToolCall):
                yield part


def call_names(request: Request) -> dict[str, str]:
    """Which tool each call of the conversation named, by the call's id."""
    return {call.id: call.name for call in calls(request)}


def custom_names(request: Request) -> frozenset[str]:
    return frozenset(tool.name for tool in request.tools if isinstance(tool, Tool) and tool.custom)


def as_function(tool: Tool) -> Tool:
    """A custom tool for a wire that has only functions: one argument that holds the free text."""
    if not tool.custom:
        return tool
    said = [tool.description] if tool.description else []
    if tool.grammar:
        said.append(f"The input must follow this grammar:\n{tool.grammar}")
    schema = {
        "type": "object",
        "properties": {CUSTOM_INPUT: {"type": "string"}},
        "required": [CUSTOM_INPUT],
        "additionalProperties": False,
    }
    return Tool(tool.name, "\n\n".join(said) or None, schema, cache=tool.cache)


def as_function_arguments(call: ToolCall) -> str:
    """The arguments for a wire that has only functions."""
    return json.dumps({CUSTOM_INPUT: call.arguments}, ensure_ascii=False) if call.custom else call.arguments or "{}"


def custom_input(arguments: str) -> str:
    """The free text in the arguments of a function that stands for a custom tool; the arguments if it is not there."""
    parsed = as_object(arguments)
    value = parsed.get(CUSTOM_INPUT) if parsed else None
    return value if isinstance(value, str) else arguments
