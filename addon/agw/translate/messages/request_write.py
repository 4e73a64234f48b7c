"""A request in the words of Anthropic Messages, with its stricter rules kept: turns alternate, results come first, no
empty text, thinking only where tools and sampling leave it room."""

from __future__ import annotations

from typing import Any

from agw.errors import BadRequest
from agw.translate import extras, models, sampling
from agw.translate.base import Losses
from agw.translate.cache import anthropic_mark
from agw.translate.messages import content_write, thinking, tools_write
from agw.translate.neutral import OutputFormat, Request, Text
from agw.translate.prompt import prompt_of
from agw.translate.schemas import for_anthropic

DEFAULT_MAX_TOKENS = 4096
"""What the reference asks for where a client says nothing: Messages demands a limit (agentgateway.md §3.5)."""
STREAMED_MAX_TOKENS = 32_000
"""For streams of the models that can: an agent that says nothing means "as much as it takes", and would break at the
reference's limit in the middle of a patch."""
_SAMPLING = ("seed", "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs", "logit_bias")
_FAMILY = ("cache_control", "container", "context_management", "inference_geo", "service_tier", "speed")
"""Extras of Anthropic's family that this format has."""


def write_request(request: Request, losses: Losses) -> dict[str, Any]:
    system, turns = prompt_of(request)
    messages = [message for turn in turns if (message := content_write.message(turn, request, losses))]
    if not messages:
        raise BadRequest("messages: at least one message with content is needed")
    body: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.sampling.max_tokens or _default_limit(request),
        "messages": messages,
    }
    if system:
        body["system"] = _system(system)
    body.update(tools_write.tools(request, losses))
    _sampling(request, body, losses)
    if (output := _output(request.output, losses)) is not None:
        body["output_config"] = {"format": output}
    thinking.write(request, body, losses)
    if request.user is not None:
        body["metadata"] = {"user_id": request.user}
    if request.verbosity is not None:
        losses.add("verbosity")
    if request.stream:
        body["stream"] = True
    extras.carry(request, "anthropic", _FAMILY, body, losses)
    return body


def _default_limit(request: Request) -> int:
    return STREAMED_MAX_TOKENS if request.stream and models.writes_long(request.model) else DEFAULT_MAX_TOKENS


def _system(system: tuple[Text, ...]) -> Any:
    if len(system) == 1 and system[0].cache is None:
        return system[0].text
    return [{"type": "text", "text": text.text, **anthropic_mark(text.cache)} for text in system]


def _sampling(request: Request, body: dict[str, Any], losses: Losses) -> None:
    asked = request.sampling
    sampling.one_answer(asked, _SAMPLING, losses)
    sampling.claude(asked, body, losses)
    stops = [stop for stop in asked.stop if stop.strip()]
    if len(stops) < len(asked.stop):
        losses.add("stop of white space")
    if stops:
        body["stop_sequences"] = stops


def _output(output: OutputFormat | None, losses: Losses) -> dict[str, Any] | None:
    if output is None:
        return None
    if output.schema is None:
        # "Any JSON object" cannot be said; OpenAI demands that the prompt asks for JSON as well, so the model knows.
        losses.add("response_format")
        return None
    return {"type": "json_schema", "schema": for_anthropic(output.schema)}
