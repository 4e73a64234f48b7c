"""A Responses request, read (https://platform.openai.com/docs/api-reference/responses/create).

What lives on OpenAI's side (earlier responses, conversations, stored prompts) cannot be reached by another provider:
such requests are refused, since the model would answer without the conversation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.errors import BadRequest
from agw.translate import openai_tools, reading
from agw.translate.base import Losses
from agw.translate.neutral import OutputFormat, Request, Role, Sampling, Text, Thinking, Turn
from agw.translate.responses import input_read

_STORED = {
    "previous_response_id": "send the whole conversation in input",
    "conversation": "send the whole conversation in input",
    "prompt": "send its text as instructions",
}
_READ = frozenset(
    {
        "model",
        "input",
        "instructions",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "max_output_tokens",
        "temperature",
        "top_p",
        "top_logprobs",
        "text",
        "reasoning",
        "user",
        "stream",
        "stream_options",
        "include",
        "background",
        "truncation",
        *_STORED,
    }
)
_INCLUDED = ("reasoning.encrypted_content",)
"""Of ``include`` what every translated answer carries anyway."""


def read_request(body: Mapping[str, Any], losses: Losses) -> Request:
    for key, instead in _STORED.items():
        if body.get(key) is not None:
            raise BadRequest(f"{key}: is stored at OpenAI and cannot be read by this provider: {instead}")
    if body.get("background") is True:
        raise BadRequest("background: this provider has no background mode")
    for name in reading.strings(body, "include"):
        if name not in _INCLUDED:
            losses.add(f"include.{name}")
    if body.get("truncation") == "auto":
        losses.add("truncation")
    instructions = reading.string(body, "instructions")
    system, turns = _prompt(input_read.read(body.get("input"), losses))
    shape = reading.mapping(body, "text")
    return Request(
        model=reading.demanded_string(body, "model", ""),
        turns=turns,
        family="openai",
        system=(Text(instructions), *system) if instructions else system,
        tools=openai_tools.read_tools(body, losses),
        tool_choice=openai_tools.read_choice(body),
        parallel_tool_calls=reading.boolean(body, "parallel_tool_calls"),
        sampling=Sampling(
            max_tokens=reading.integer(body, "max_output_tokens"),
            temperature=reading.number(body, "temperature"),
            top_p=reading.number(body, "top_p"),
            top_logprobs=reading.integer(body, "top_logprobs"),
        ),
        output=_output(reading.mapping(shape, "format")),
        thinking=_thinking(reading.mapping(body, "reasoning")),
        user=reading.string(body, "user"),
        verbosity=reading.string(shape, "verbosity"),
        stream=body.get("stream") is True,
        extra={key: value for key, value in body.items() if key not in _READ and value is not None},
        echo=body,
    )


def _prompt(turns: list[Turn]) -> tuple[tuple[Text, ...], tuple[Turn, ...]]:
    """What system and developer say at the head is the prompt; the rest stays in its place."""
    head = 0
    while head < len(turns) and turns[head].role is Role.SYSTEM:
        head += 1
    system = tuple(part for turn in turns[:head] for part in turn.parts if isinstance(part, Text))
    return system, tuple(turns[head:])


def _output(shape: Mapping[str, Any]) -> OutputFormat | None:
    kind = shape.get("type")
    if kind == "json_object":
        return OutputFormat()
    if kind != "json_schema":
        return None
    return OutputFormat(
        schema=reading.mapping(shape, "schema"),
        name=reading.string(shape, "name"),
        description=reading.string(shape, "description"),
        strict=reading.boolean(shape, "strict"),
    )


def _thinking(reasoning: Mapping[str, Any]) -> Thinking | None:
    effort = reading.string(reasoning, "effort")
    summary = reading.string(reasoning, "summary") or reading.string(reasoning, "generate_summary")
    if effort is None and summary is None:
        return None
    return Thinking(enabled=False if effort == "none" else None, effort=effort, summary=summary)
