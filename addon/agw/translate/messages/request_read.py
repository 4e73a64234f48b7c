"""An Anthropic Messages request, read (https://docs.claude.com/en/api/messages)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agw.errors import BadRequest
from agw.translate import reading
from agw.translate.base import Losses
from agw.translate.cache import read_mark
from agw.translate.messages import content_read
from agw.translate.neutral import (
    BuiltinTool,
    Choosing,
    OutputFormat,
    Request,
    Role,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolChoice,
    Turn,
)
from agw.translate.schemas import fits_openai_strict

_READ = frozenset(
    {
        "model",
        "messages",
        "system",
        "tools",
        "tool_choice",
        "max_tokens",
        "temperature",
        "top_p",
        "top_k",
        "stop_sequences",
        "stream",
        "metadata",
        "thinking",
        "output_config",
        "output_format",
    }
)
_VERSION = re.compile(r"_?\d{8}$")
_MODES = {"auto": Choosing.AUTO, "any": Choosing.REQUIRED, "none": Choosing.NONE}


def read_request(body: Mapping[str, Any], losses: Losses) -> Request:
    if body.get("mcp_servers"):
        raise BadRequest("mcp_servers: remote MCP servers cannot be translated for this provider")
    turns = []
    for index, message in enumerate(reading.demanded_objects(body, "messages")):
        turns.append(_turn(message, f"messages[{index}]", losses))
    choice = reading.mapping(body, "tool_choice")
    return Request(
        model=reading.demanded_string(body, "model", ""),
        turns=tuple(turns),
        family="anthropic",
        system=_system(body.get("system"), "system"),
        tools=tuple(_tool(tool) for tool in reading.objects(body, "tools")),
        tool_choice=_choice(choice),
        parallel_tool_calls=False if choice.get("disable_parallel_tool_use") is True else None,
        sampling=Sampling(
            max_tokens=reading.integer(body, "max_tokens"),
            temperature=reading.number(body, "temperature"),
            top_p=reading.number(body, "top_p"),
            top_k=reading.integer(body, "top_k"),
            stop=reading.strings(body, "stop_sequences"),
        ),
        output=_output(body),
        thinking=_thinking(body),
        user=reading.string(reading.mapping(body, "metadata"), "user_id"),
        stream=body.get("stream") is True,
        extra={key: value for key, value in body.items() if key not in _READ and value is not None},
        echo=body,
    )


def _turn(message: Mapping[str, Any], where: str, losses: Losses) -> Turn:
    role = message.get("role")
    if role == "system":
        return Turn(Role.SYSTEM, _system(message.get("content"), f"{where}.content"))
    if role not in ("user", "assistant"):
        raise BadRequest(f"{where}.role: must be user or assistant")
    return Turn(Role(role), content_read.read(message.get("content"), where, losses))


def _system(system: Any, where: str) -> tuple[Text, ...]:
    if system is None:
        return ()
    if isinstance(system, str):
        return (Text(system),) if system else ()
    if not isinstance(system, list) or not all(isinstance(one, dict) for one in system):
        raise BadRequest(f"{where}: must be a string or a list of text blocks")
    return tuple(Text(reading.demanded_string(one, "text", where), cache=read_mark(one)) for one in system)


def _tool(tool: Mapping[str, Any]) -> Tool | BuiltinTool:
    kind = tool.get("type")
    if isinstance(kind, str) and kind != "custom":
        return BuiltinTool(_VERSION.sub("", kind), tool)
    schema = tool.get("input_schema")
    return Tool(
        name=reading.demanded_string(tool, "name", "tools"),
        description=reading.string(tool, "description"),
        schema=schema if isinstance(schema, dict) else None,
        strict=True if tool.get("strict") is True and fits_openai_strict(schema) else None,
        cache=read_mark(tool),
    )


def _choice(choice: Mapping[str, Any]) -> ToolChoice | None:
    kind = choice.get("type")
    if kind is None:
        return None
    if kind == "tool":
        return ToolChoice(Choosing.NAMED, name=reading.demanded_string(choice, "name", "tool_choice"))
    if isinstance(kind, str) and kind in _MODES:
        return ToolChoice(_MODES[kind])
    raise BadRequest("tool_choice.type: must be auto, any, tool or none")


def _output(body: Mapping[str, Any]) -> OutputFormat | None:
    shape = reading.mapping(reading.mapping(body, "output_config"), "format") or reading.mapping(body, "output_format")
    if shape.get("type") != "json_schema":
        return None
    schema = reading.mapping(shape, "schema")
    # Anthropic's is always strict; OpenAI's mode of that name takes fewer schemas.
    return OutputFormat(schema=schema, strict=True if fits_openai_strict(schema) else None)


def _thinking(body: Mapping[str, Any]) -> Thinking | None:
    thinking = reading.mapping(body, "thinking")
    effort = reading.string(reading.mapping(body, "output_config"), "effort")
    kind = thinking.get("type")
    if kind is None and effort is None:
        return None
    if kind == "disabled":
        return Thinking(enabled=False, effort=None)
    return Thinking(
        enabled=True if kind is not None else None,
        effort=effort,
        budget_tokens=reading.integer(thinking, "budget_tokens"),
        adaptive=kind in ("adaptive", "between_tools"),
        summary=reading.string(thinking, "display"),
    )
