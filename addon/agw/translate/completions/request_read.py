"""A Chat Completions request, read (https://platform.openai.com/docs/api-reference/chat/create).

Beside OpenAI's own fields those that many servers share: ``top_k``, ``reasoning`` (OpenRouter), ``cache_control`` on
parts and tools, ``reasoning_content`` and ``reasoning_details`` on the assistant's messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.errors import BadRequest
from agw.translate import openai_tools, reading
from agw.translate.base import Losses
from agw.translate.completions import messages_read
from agw.translate.neutral import OutputFormat, Request, Sampling, Thinking

_READ = frozenset(
    {
        "model",
        "messages",
        "tools",
        "tool_choice",
        "functions",
        "function_call",
        "parallel_tool_calls",
        "max_completion_tokens",
        "max_tokens",
        "temperature",
        "top_p",
        "top_k",
        "stop",
        "seed",
        "frequency_penalty",
        "presence_penalty",
        "n",
        "logprobs",
        "top_logprobs",
        "logit_bias",
        "response_format",
        "reasoning_effort",
        "reasoning",
        "user",
        "verbosity",
        "stream",
        "stream_options",
        "modalities",
        "web_search_options",
    }
)


def read_request(body: Mapping[str, Any], losses: Losses) -> Request:
    if "audio" in reading.strings(body, "modalities"):
        raise BadRequest("modalities: audio answers cannot be translated for this provider")
    system, turns = messages_read.read(reading.demanded_objects(body, "messages"), losses)
    tools = openai_tools.read_tools(body, losses)
    return Request(
        model=reading.demanded_string(body, "model", ""),
        turns=turns,
        family="openai",
        system=system,
        tools=tools,
        tool_choice=openai_tools.read_choice(body),
        parallel_tool_calls=reading.boolean(body, "parallel_tool_calls"),
        sampling=sampling(body),
        output=_output(body),
        thinking=_thinking(body),
        user=reading.string(body, "user"),
        verbosity=reading.string(body, "verbosity"),
        stream=body.get("stream") is True,
        include_usage=reading.mapping(body, "stream_options").get("include_usage") is True,
        extra={key: value for key, value in body.items() if key not in _READ and value is not None},
        echo=body,
    )


def sampling(body: Mapping[str, Any]) -> Sampling:
    bias = reading.mapping(body, "logit_bias")
    return Sampling(
        max_tokens=reading.integer(body, "max_completion_tokens", "max_tokens"),
        temperature=reading.number(body, "temperature"),
        top_p=reading.number(body, "top_p"),
        top_k=reading.integer(body, "top_k"),
        stop=reading.strings(body, "stop"),
        seed=reading.integer(body, "seed"),
        frequency_penalty=reading.number(body, "frequency_penalty"),
        presence_penalty=reading.number(body, "presence_penalty"),
        n=reading.integer(body, "n"),
        logprobs=reading.boolean(body, "logprobs"),
        top_logprobs=reading.integer(body, "top_logprobs"),
        logit_bias=bias or None,
    )


def _output(body: Mapping[str, Any]) -> OutputFormat | None:
    shape = reading.mapping(body, "response_format")
    kind = shape.get("type")
    if kind == "json_object":
        return OutputFormat()
    if kind != "json_schema":
        return None
    asked = reading.mapping(shape, "json_schema")
    return OutputFormat(
        schema=reading.mapping(asked, "schema"),
        name=reading.string(asked, "name"),
        description=reading.string(asked, "description"),
        strict=reading.boolean(asked, "strict"),
    )


def _thinking(body: Mapping[str, Any]) -> Thinking | None:
    reasoning = reading.mapping(body, "reasoning")
    effort = reading.string(body, "reasoning_effort") or reading.string(reasoning, "effort")
    budget = reading.integer(reasoning, "max_tokens")
    enabled = reading.boolean(reasoning, "enabled")
    if effort is None and budget is None and enabled is None:
        return None
    return Thinking(enabled=False if effort == "none" else enabled, effort=effort, budget_tokens=budget)
