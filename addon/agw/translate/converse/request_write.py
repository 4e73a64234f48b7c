"""A request in the words of Converse (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html).

Two gaps of Converse are bridged: it has no ``tool_choice`` that forbids tools (they are left out instead, unless the
conversation has calls, which it takes only with tools: then the wish is a loss), and it demands the tools of old calls
even where the client does not offer them any more (they are declared by name).
"""

from __future__ import annotations

import re
from typing import Any

from agw.errors import BadRequest
from agw.translate import sampling, tools
from agw.translate.base import Losses
from agw.translate.converse import models
from agw.translate.converse.content_write import cache_point, write_message
from agw.translate.neutral import Choosing, OutputFormat, Request, Tool
from agw.translate.prompt import prompt_of
from agw.translate.tool_names import ToolNames
from agw.translate.writing import compact, without_none

_NAME = re.compile(r"[^a-zA-Z0-9_-]")
_LONGEST_NAME = 64
_LOST = ("seed", "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs", "logit_bias")
_TIERS = {"default": "default", "priority": "priority", "flex": "flex"}


def names_of(request: Request) -> ToolNames:
    return ToolNames(request, _NAME, _LONGEST_NAME)


def write_request(request: Request, losses: Losses) -> dict[str, Any]:
    names = names_of(request)
    system, turns = prompt_of(request)
    messages = [one for turn in turns if (one := write_message(turn, request, names, losses)) is not None]
    if not messages:
        raise BadRequest("messages: at least one message with content is needed")
    body: dict[str, Any] = {"messages": messages}
    if system:
        body["system"] = [
            block for one in system for block in ({"text": one.text}, *cache_point(one.cache, request.model, losses))
        ]
    config = _tool_config(request, names, losses)
    if config:
        body["toolConfig"] = config
    body.update(models.settings(request, bool({"any", "tool"} & set(config.get("toolChoice", ()))), losses))
    if (output := _output(request.output, losses)) is not None:
        body["outputConfig"] = {**body.get("outputConfig", {}), "textFormat": output}
    _rest(request, body, losses)
    return body


def _rest(request: Request, body: dict[str, Any], losses: Losses) -> None:
    sampling.one_answer(request.sampling, _LOST, losses)
    if request.user is not None:
        sampling.lose_user(request, losses)
    if request.verbosity is not None:
        losses.add("verbosity")
    for key, value in request.extra.items():
        if key == "service_tier" and isinstance(value, str) and value in _TIERS:
            body["serviceTier"] = {"type": _TIERS[value]}
        else:
            losses.add(key)


def _tool_config(request: Request, names: ToolNames, losses: Losses) -> dict[str, Any]:
    usable = [one for one in tools.usable(request, losses) if isinstance(one, Tool)]
    called = dict.fromkeys(call.name for call in tools.calls(request))
    choice = request.tool_choice
    if choice is not None and choice.mode is Choosing.NONE:
        if not called:
            return {}
        losses.add("tool_choice")
    declared = {one.name for one in usable}
    usable += [Tool(name) for name in called if name not in declared]
    if not usable:
        return {}
    if request.parallel_tool_calls is False:
        losses.add("parallel_tool_calls")
    blocks = [block for one in usable for block in (_tool(one, names), *cache_point(one.cache, request.model, losses))]
    chosen: dict[str, Any] | None = None
    if choice is not None and choice.mode is Choosing.NAMED and choice.name is not None:
        chosen = {"tool": {"name": names.wire(choice.name)}}
    elif choice is not None and choice.mode is not Choosing.NONE:
        chosen = {"any": {}} if choice.mode is Choosing.REQUIRED else {"auto": {}}
    return without_none({"tools": blocks, "toolChoice": chosen})


def _tool(tool: Tool, names: ToolNames) -> dict[str, Any]:
    function = tools.as_function(tool)
    schema = dict(function.schema or {"properties": {}})
    schema.setdefault("type", "object")
    written = {
        "name": names.wire(function.name),
        # Bedrock refuses an empty description.
        "description": function.description or None,
        "inputSchema": {"json": schema},
        # Only a promise that is wanted is passed on: older models know no such field.
        "strict": True if function.strict else None,
    }
    return {"toolSpec": without_none(written)}


def _output(output: OutputFormat | None, losses: Losses) -> dict[str, Any] | None:
    if output is None:
        return None
    if output.schema is None:
        # "Any JSON object" cannot be said; OpenAI demands that the prompt asks for JSON as well, so the model knows.
        losses.add("response_format")
        return None
    described = {"schema": compact(output.schema), "name": output.name, "description": output.description}
    return {"type": "json_schema", "structure": {"jsonSchema": without_none(described)}}
