"""What every spoke needs to know of tool calls."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from agw.errors import BadRequest
from agw.translate.base import Losses
from agw.translate.neutral import BuiltinTool, Choosing, Maker, Request, Seal, Tool, ToolCall

_NOT_IN_IDS = re.compile(r"[^a-zA-Z0-9_-]")
CUSTOM_INPUT = "input"
"""The one argument of the function that stands for a custom tool."""

# Base64 in the characters that Anthropic allows in an id.
_URL_SAFE = str.maketrans("+/", "-_")
_FROM_URL_SAFE = str.maketrans("-_", "+/")
_CLIENT_RUN = frozenset(
    {
        "bash",
        "text_editor",
        "computer",
        "computer_use_preview",
        "computer_toolset",
        "browser_toolset",
        "memory",
        "local_shell",
        "shell",
        "apply_patch",
        "mcp",
    }
)
"""Tools that one maker's models were trained on and the client runs: without them the app cannot do its work."""


def usable(request: Request, losses: Losses, *, native: Collection[str] = ()) -> list[Tool | BuiltinTool]:
    """The tools for a wire that runs only the ``native`` kinds itself, narrowed to those that may be chosen.

    A tool that the provider would have run is dropped by name: the model answers without it. Raises BadRequest for
    one that the client runs or insists on, and where a call is demanded and no tool is left to call.
    """
    choice = request.tool_choice
    allowed = choice.allowed if choice else None
    found: list[Tool | BuiltinTool] = []
    for tool in request.tools:
        if isinstance(tool, Tool):
            if allowed is None or tool.name in allowed:
                found.append(tool)
        elif tool.kind in native:
            if allowed is None or tool.kind in allowed:
                found.append(tool)
        elif tool.kind in _CLIENT_RUN or (choice and choice.mode is Choosing.NAMED and choice.name == tool.kind):
            raise BadRequest(f"tools: {tool.kind} cannot be translated for this provider: declare a function instead")
        else:
            losses.add(f"tools.{tool.kind}")
    if not found and choice and choice.mode in (Choosing.REQUIRED, Choosing.NAMED):
        raise BadRequest("tool_choice: demands a tool, but none can be sent to this provider")
    return found


SEALED = "__thought__"


def sealed_id(call: ToolCall) -> str:
    """The call's id for a client, with the seal that rides on the call: no client's format has a place for one, and
    every client sends the id back as it came."""
    return call.id if call.seal is None else f"{call.id}{SEALED}{call.seal.value.translate(_URL_SAFE).rstrip('=')}"


def unsealed(call_id: str) -> tuple[str, Seal | None]:
    """What ``sealed_id`` joined. Only Gemini seals calls; its signatures are base64."""
    own, mark, value = call_id.partition(SEALED)
    if not mark:
        return call_id, None
    value = value.translate(_FROM_URL_SAFE)
    return own, Seal(Maker.GOOGLE, value + "=" * (-len(value) % 4))


def plain_id(call_id: str) -> str:
    """An id in the letters, digits, ``_`` and ``-`` that Anthropic and Bedrock take; the same one always becomes the
    same, so that calls and results still meet."""
    return _NOT_IN_IDS.sub("_", call_id) or "_"


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
        said.append(f"The input must follow this {tool.syntax or 'lark'} grammar:\n{tool.grammar}")
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


def argument_object(call: ToolCall, losses: Losses) -> dict[str, Any]:
    """The call's arguments for Anthropic and Bedrock, which take only JSON objects.

    The model of an earlier turn may have written something else: that is handed on as text, and noted as a loss.
    """
    found = as_object(as_function_arguments(call))
    if found is None:
        losses.add("tool_calls.arguments that are no JSON object")
        return {CUSTOM_INPUT: call.arguments}
    return found


def custom_input(arguments: str) -> str:
    """The free text in the arguments of a function that stands for a custom tool; the arguments if it is not there."""
    parsed = as_object(arguments)
    value = parsed.get(CUSTOM_INPUT) if parsed else None
    return value if isinstance(value, str) else arguments
