"""Tools under other names where a wire does not take the app's, for the wires that need nothing else of the kind.

OpenAI takes 64 letters, digits, ``_`` and ``-`` (https://platform.openai.com/docs/api-reference/chat/create), Anthropic
128 (https://docs.claude.com/en/docs/agents-and-tools/tool-use/overview); Anthropic's apps have longer names than the
one, Google's have dots and colons. Nearly every request needs none of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from agw.translate import tools
from agw.translate.deltas import Delta, Open
from agw.translate.neutral import Answer, Part, Request, Tool, ToolCall
from agw.translate.tool_names import ToolNames

_REFUSED = re.compile(r"[^a-zA-Z0-9_-]")
_LONGEST = {"completions": 64, "responses": 64, "messages": 128}


def names_for(request: Request, wire_api_type: str) -> ToolNames | None:
    """None where every name may stay."""
    longest = _LONGEST.get(wire_api_type)
    if longest is None:
        return None
    names = {tool.name for tool in request.tools if isinstance(tool, Tool)}
    names.update(call.name for call in tools.calls(request))
    if all(len(name) <= longest and not _REFUSED.search(name) for name in names):
        return None
    return ToolNames(request, _REFUSED, longest)


def sent_request(request: Request, names: ToolNames) -> Request:
    choice = request.tool_choice
    if choice is not None:
        name = None if choice.name is None else names.wire(choice.name)
        allowed = None if choice.allowed is None else tuple(names.wire(one) for one in choice.allowed)
        choice = replace(choice, name=name, allowed=allowed)
    return replace(
        request,
        tools=tuple(replace(one, name=names.wire(one.name)) if isinstance(one, Tool) else one for one in request.tools),
        turns=tuple(
            replace(turn, parts=tuple(_named(part, names.wire) for part in turn.parts)) for turn in request.turns
        ),
        tool_choice=choice,
    )


def told_answer(answer: Answer, names: ToolNames) -> Answer:
    choices = tuple(
        replace(choice, parts=tuple(_named(part, names.client) for part in choice.parts)) for choice in answer.choices
    )
    return replace(answer, choices=choices)


def told_delta(delta: Delta, names: ToolNames) -> Delta:
    return replace(delta, part=_named(delta.part, names.client)) if isinstance(delta, Open) else delta


def _named(part: Part, names: Callable[[str], str]) -> Part:
    return replace(part, name=names(part.name)) if isinstance(part, ToolCall) else part
