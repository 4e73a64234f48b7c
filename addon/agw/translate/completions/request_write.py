"""A request in the words of Chat Completions, as its many servers take it: strings where a string will do, tool
results as messages of their own, ``max_completion_tokens`` only for OpenAI's own models."""

from __future__ import annotations

from typing import Any

from agw.translate import effort, extras, models, sampling, tools
from agw.translate.base import Losses
from agw.translate.completions.messages_write import write_messages
from agw.translate.neutral import BuiltinTool, Choosing, OutputFormat, Request, Tool, ToolChoice
from agw.translate.writing import without_none

_FAMILY = (
    "metadata",
    "prediction",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
)
"""Extras of OpenAI's family that this format has too."""


def write_request(request: Request, losses: Losses) -> dict[str, Any]:
    asked = request.sampling
    if asked.top_k is not None:
        losses.add("top_k")
    limit = "max_completion_tokens" if models.is_openai(request.model) else "max_tokens"
    body: dict[str, Any] = {
        "model": request.model,
        "messages": write_messages(request, losses),
        limit: asked.max_tokens,
        "temperature": asked.temperature,
        "top_p": asked.top_p,
        "stop": list(asked.stop) or None,
        "seed": asked.seed,
        "frequency_penalty": asked.frequency_penalty,
        "presence_penalty": asked.presence_penalty,
        "n": asked.n,
        "logprobs": asked.logprobs,
        "top_logprobs": asked.top_logprobs,
        "logit_bias": asked.logit_bias,
        "response_format": _output(request.output),
        "reasoning_effort": effort.openai_effort(request, losses),
        "verbosity": request.verbosity,
        "user": sampling.openai_user(request, losses),
    }
    body.update(_tools(request, losses))
    if request.stream:
        body["stream"] = True
        body["stream_options"] = {"include_usage": True}
    extras.carry(request, "openai", _FAMILY, body, losses)
    return without_none(body)


def _tools(request: Request, losses: Losses) -> dict[str, Any]:
    usable = tools.usable(request, losses)
    if not usable:
        return {}
    return {
        "tools": [_tool(tool, request.model, losses) for tool in usable if not isinstance(tool, BuiltinTool)],
        "tool_choice": _choice(request.tool_choice),
        "parallel_tool_calls": request.parallel_tool_calls,
    }


def _tool(tool: Tool, model: str, losses: Losses) -> dict[str, Any]:
    function = tools.as_function(tool)
    written: dict[str, Any] = {
        "type": "function",
        "function": without_none(
            {
                "name": function.name,
                "description": function.description,
                "parameters": function.schema,
                "strict": function.strict,
            }
        ),
    }
    if function.cache is not None:
        # OpenAI caches tools with the prompt that follows them; only Claude's kin take a mark here.
        if models.is_claude(model):
            written["cache_control"] = {"type": "ephemeral"}
        else:
            losses.add("tools.cache_control")
    return written


def _choice(choice: ToolChoice | None) -> Any:
    if choice is None:
        return None
    if choice.mode is Choosing.NAMED:
        return {"type": "function", "function": {"name": choice.name}}
    return choice.mode.value


def _output(output: OutputFormat | None) -> dict[str, Any] | None:
    if output is None:
        return None
    if output.schema is None:
        return {"type": "json_object"}
    schema = {
        "name": output.name or "answer",
        "description": output.description,
        "schema": output.schema,
        "strict": output.strict,
    }
    return {"type": "json_schema", "json_schema": without_none(schema)}
