"""Tools as OpenAI's formats declare and choose them: below ``function`` or ``custom`` in Chat Completions, flat in
Responses; legacy ``functions`` too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.errors import BadRequest
from agw.translate import reading
from agw.translate.base import Losses
from agw.translate.cache import read_mark
from agw.translate.neutral import BuiltinTool, Choosing, Tool, ToolChoice

NAMESPACE = "__"
"""Stands between a namespace's name and the tool's, for the formats that have none."""


def read_tools(body: Mapping[str, Any], losses: Losses) -> tuple[Tool | BuiltinTool, ...]:
    found: list[Tool | BuiltinTool] = []
    for tool in reading.objects(body, "tools"):
        found.extend(_tool(tool, losses))
    found.extend(_function(function, {}) for function in reading.objects(body, "functions"))
    if "web_search_options" in body:
        found.append(BuiltinTool("web_search", reading.mapping(body, "web_search_options")))
    return tuple(found)


def _tool(tool: Mapping[str, Any], losses: Losses, prefix: str = "") -> list[Tool | BuiltinTool]:
    kind = tool.get("type", "function")
    if kind == "function":
        return [_function(reading.mapping(tool, "function") or tool, tool, prefix)]
    if kind == "custom":
        custom = reading.mapping(tool, "custom") or tool
        shape = reading.mapping(custom, "format")
        grammar = reading.mapping(shape, "grammar") or shape
        return [
            Tool(
                name=prefix + _name(custom),
                description=reading.string(custom, "description"),
                custom=True,
                grammar=reading.string(grammar, "definition"),
                syntax=reading.string(grammar, "syntax"),
            )
        ]
    if kind == "namespace":
        inner = f"{_name(tool)}{NAMESPACE}"
        return [one for nested in reading.objects(tool, "tools") for one in _tool(nested, losses, inner)]
    # ``web_search_preview_2025_03_11`` and its like are the tool and a date.
    name = str(kind).split("_20", 1)[0].removesuffix("_preview") if isinstance(kind, str) else "unknown"
    return [BuiltinTool(name, tool)]


def _function(function: Mapping[str, Any], around: Mapping[str, Any], prefix: str = "") -> Tool:
    schema = function.get("parameters")
    return Tool(
        name=prefix + _name(function),
        description=reading.string(function, "description"),
        schema=schema if isinstance(schema, dict) else None,
        strict=reading.boolean(function, "strict"),
        cache=read_mark(around) or read_mark(function),
    )


def _name(tool: Mapping[str, Any]) -> str:
    return reading.demanded_string(tool, "name", "tools")


def read_choice(body: Mapping[str, Any]) -> ToolChoice | None:
    """Raises BadRequest for a choice of another kind than this format's reference knows."""
    choice = body.get("tool_choice", body.get("function_call"))
    if choice is None:
        return None
    if isinstance(choice, str) and choice in ("auto", "none", "required"):
        return ToolChoice(Choosing(choice))
    if isinstance(choice, dict):
        kind = choice.get("type")
        if kind == "allowed_tools":
            return _allowed(reading.mapping(choice, "allowed_tools") or choice)
        inner = reading.mapping(choice, "function") or reading.mapping(choice, "custom") or choice
        name = reading.string(inner, "name")
        if name is None and isinstance(kind, str):
            name = kind.split("_20", 1)[0].removesuffix("_preview")
        if name is not None:
            return ToolChoice(Choosing.NAMED, name=name)
    raise BadRequest("tool_choice: must be auto, none, required or name a tool")


def _allowed(choice: Mapping[str, Any]) -> ToolChoice:
    names = []
    for tool in reading.objects(choice, "tools"):
        inner = reading.mapping(tool, "function") or reading.mapping(tool, "custom") or tool
        name = inner.get("name", inner.get("type"))
        if isinstance(name, str):
            names.append(name)
    mode = Choosing.REQUIRED if choice.get("mode") == "required" else Choosing.AUTO
    return ToolChoice(mode, allowed=tuple(names))
