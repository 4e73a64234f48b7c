"""Tools in the words of Anthropic Messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.translate import reading
from agw.translate import tools as common
from agw.translate.base import Losses
from agw.translate.cache import anthropic_mark
from agw.translate.neutral import BuiltinTool, Choosing, Request, Tool, ToolChoice
from agw.translate.schemas import for_anthropic
from agw.translate.writing import without_none

_NATIVE = ("web_search",)
"""Tools of other families that Anthropic runs as well."""
_MODES = {Choosing.AUTO: "auto", Choosing.NONE: "none", Choosing.REQUIRED: "any"}


def tools(request: Request, losses: Losses) -> dict[str, Any]:
    """``tools`` and ``tool_choice``. Raises BadRequest."""
    usable = common.usable(request, losses, native=_NATIVE)
    choice = request.tool_choice
    if not usable:
        return {}
    body: dict[str, Any] = {"tools": [_tool(tool) for tool in usable]}
    if (chosen := _choice(choice, request.parallel_tool_calls)) is not None:
        body["tool_choice"] = chosen
    return body


def _tool(tool: Tool | BuiltinTool) -> dict[str, Any]:
    if isinstance(tool, BuiltinTool):
        return _web_search(tool.spec)
    function = common.as_function(tool)
    schema = _schema(function.schema)
    return {
        "name": function.name,
        **({"description": function.description} if function.description else {}),
        "input_schema": for_anthropic(schema) if function.strict else schema,
        # Only a promise that is wanted is passed on: older models know no such field.
        **({"strict": True} if function.strict else {}),
        **anthropic_mark(function.cache),
    }


def _schema(schema: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Anthropic demands an object's schema, also of a tool without arguments."""
    if not schema:
        return {"type": "object", "properties": {}}
    return schema if "type" in schema else {"type": "object", **schema}


def _web_search(spec: Mapping[str, Any]) -> dict[str, Any]:
    """https://docs.claude.com/en/docs/agents-and-tools/tool-use/web-search-tool"""
    place = reading.mapping(spec, "user_location")
    place = reading.mapping(place, "approximate") or place
    wanted = {key: value for key, value in place.items() if key in ("city", "region", "country", "timezone") and value}
    return without_none(
        {
            "type": "web_search_20250305",
            "name": "web_search",
            "allowed_domains": reading.mapping(spec, "filters").get("allowed_domains"),
            "user_location": {"type": "approximate", **wanted} if wanted else None,
        }
    )


def _choice(choice: ToolChoice | None, parallel: bool | None) -> dict[str, Any] | None:
    if choice is None and parallel is not False:
        return None
    mode = choice.mode if choice else Choosing.AUTO
    if choice and mode is Choosing.NAMED:
        written: dict[str, Any] = {"type": "tool", "name": choice.name}
    else:
        written = {"type": _MODES[mode]}
    if parallel is False and mode is not Choosing.NONE:
        written["disable_parallel_tool_use"] = True
    return written
