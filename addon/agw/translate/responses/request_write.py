"""A request in the words of Responses.

Nothing is stored at the provider unless the client asked for it; reasoning comes back encrypted instead, so that the
next turn can send it again.
"""

from __future__ import annotations

from typing import Any

from agw.errors import BadRequest
from agw.translate import effort, extras, models, reading, sampling, tools
from agw.translate.base import Losses
from agw.translate.neutral import BuiltinTool, Choosing, OutputFormat, Request, Tool, ToolChoice
from agw.translate.responses.input_write import write_input
from agw.translate.writing import without_none

_FAMILY = (
    "max_tool_calls",
    "metadata",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
)
"""Extras of OpenAI's family that this format has too."""
_NATIVE = ("web_search",)
_LEAST_TOKENS = 16
_SAMPLING = ("top_k", "seed", "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs", "logit_bias")


def write_request(request: Request, losses: Losses) -> dict[str, Any]:
    asked = request.sampling
    sampling.one_answer(asked, _SAMPLING, losses)
    if asked.stop:
        raise BadRequest("stop: this provider's API has no stop sequences")
    shape = without_none({"format": _output(request.output), "verbosity": request.verbosity})
    reasoning = _reasoning(request, losses)
    wants_seals = bool(reasoning) or models.reasons(request.model)
    body: dict[str, Any] = {
        "model": request.model,
        "instructions": "\n\n".join(text.text for text in request.system) or None,
        "input": write_input(request, losses),
        "max_output_tokens": _limit(asked.max_tokens, losses),
        "temperature": asked.temperature,
        "top_p": asked.top_p,
        "text": shape or None,
        "reasoning": reasoning or None,
        "include": ["reasoning.encrypted_content"] if wants_seals else None,
        "store": False,
        "stream": True if request.stream else None,
        "user": sampling.openai_user(request, losses),
    }
    if any(text.cache for text in request.system):
        losses.add("system.cache_control")
    body.update(_tools(request, losses))
    extras.carry(request, "openai", _FAMILY, body, losses)
    return without_none(body)


def _limit(tokens: int | None, losses: Losses) -> int | None:
    """Apps that only try whether they may ask (Claude Code) want one token; OpenAI gives at least 16."""
    if tokens is None or tokens >= _LEAST_TOKENS:
        return tokens
    losses.add(f"max_tokens below {_LEAST_TOKENS}")
    return _LEAST_TOKENS


def _reasoning(request: Request, losses: Losses) -> dict[str, Any]:
    """A client that is shown thoughts gets the summary, which is all that OpenAI shows of them."""
    word = effort.openai_effort(request, losses)
    if word is None or request.thinking is None:
        return {}
    summary = request.thinking.summary
    if summary is None and request.family == "anthropic" and request.thinking.enabled:
        summary = "summarized"
    shown = {"summarized": "auto", "omitted": None}.get(summary, summary) if summary else None
    return without_none({"effort": word, "summary": shown})


def _tools(request: Request, losses: Losses) -> dict[str, Any]:
    usable = tools.usable(request, losses, native=_NATIVE)
    if not usable:
        return {}
    if any(isinstance(tool, Tool) and tool.cache for tool in usable):
        losses.add("tools.cache_control")
    return {
        "tools": [_tool(tool) for tool in usable],
        "tool_choice": _choice(request.tool_choice, usable),
        "parallel_tool_calls": request.parallel_tool_calls,
    }


def _tool(tool: Tool | BuiltinTool) -> dict[str, Any]:
    if isinstance(tool, BuiltinTool):
        return _web_search(tool)
    if tool.custom:
        grammar = {"type": "grammar", "syntax": tool.syntax or "lark", "definition": tool.grammar}
        shape = grammar if tool.grammar else None
        return without_none({"type": "custom", "name": tool.name, "description": tool.description, "format": shape})
    written = without_none({"type": "function", "name": tool.name, "description": tool.description})
    # Both must be there; a strict that nobody asked for would demand schemas of its own kind.
    return {**written, "parameters": tool.schema or {"type": "object", "properties": {}}, "strict": bool(tool.strict)}


def _web_search(tool: BuiltinTool) -> dict[str, Any]:
    place = reading.mapping(tool.spec, "user_location")
    place = {"type": "approximate", **(reading.mapping(place, "approximate") or place)} if place else {}
    domains = tool.spec.get("allowed_domains")
    return without_none(
        {
            "type": "web_search",
            "filters": {"allowed_domains": domains} if isinstance(domains, list) else None,
            "user_location": place or None,
            "search_context_size": reading.string(tool.spec, "search_context_size"),
        }
    )


def _choice(choice: ToolChoice | None, usable: list[Tool | BuiltinTool]) -> Any:
    if choice is None:
        return None
    if choice.mode is not Choosing.NAMED:
        return choice.mode.value
    tool = next((one for one in usable if isinstance(one, Tool) and one.name == choice.name), None)
    if tool is None:
        return {"type": choice.name}
    return {"type": "custom" if tool.custom else "function", "name": tool.name}


def _output(output: OutputFormat | None) -> dict[str, Any] | None:
    if output is None:
        return None
    if output.schema is None:
        return {"type": "json_object"}
    return without_none(
        {
            "type": "json_schema",
            "name": output.name or "answer",
            "description": output.description,
            "schema": output.schema,
            "strict": output.strict,
        }
    )
