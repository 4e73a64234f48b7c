"""What models at Bedrock take beside what Converse has a field for
(https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html)."""

from __future__ import annotations

from typing import Any

from agw.translate import effort, models, sampling
from agw.translate.base import Losses
from agw.translate.messages import thinking
from agw.translate.messages.request_write import DEFAULT_MAX_TOKENS
from agw.translate.neutral import Request


def is_nova(model: str) -> bool:
    return "amazon.nova" in model.lower()


def takes_cache_points(model: str) -> bool:
    """Claude and Nova do; behind the ARN of an inference profile any model may stand, and the client's word counts."""
    return models.is_claude(model) or is_nova(model) or model.startswith("arn:")


def settings(request: Request, forced: bool, losses: Losses) -> dict[str, Any]:
    """``inferenceConfig``, ``additionalModelRequestFields`` and ``outputConfig``. ``forced``: a tool must be called."""
    asked = request.sampling
    config: dict[str, Any] = {"maxTokens": asked.max_tokens, "topP": asked.top_p, "temperature": asked.temperature}
    more: dict[str, Any] = {}
    output: dict[str, Any] = {}
    if models.is_claude(request.model):
        _claude(request, forced, config, more, output, losses)
    else:
        if asked.top_k is not None:
            if is_nova(request.model):
                more["inferenceConfig"] = {"topK": asked.top_k}
            else:
                losses.add("top_k")
        _effort(request, more, losses)
    if asked.stop:
        config["stopSequences"] = list(asked.stop)
    config = {key: value for key, value in config.items() if value is not None}
    groups = {"inferenceConfig": config, "additionalModelRequestFields": more, "outputConfig": output}
    return {key: value for key, value in groups.items() if value}


def _claude(
    request: Request,
    forced: bool,
    config: dict[str, Any],
    more: dict[str, Any],
    output: dict[str, Any],
    losses: Losses,
) -> None:
    """Claude's own rules on thinking and sampling hold here too; they are asked with a body of its own API."""
    asked = request.sampling
    body: dict[str, Any] = {"max_tokens": asked.max_tokens or DEFAULT_MAX_TOKENS}
    sampling.claude(asked, body, losses)
    if forced:
        body["tool_choice"] = {"type": "any"}
    thinking.write(request, body, losses)
    config["temperature"], config["topP"] = body.get("temperature"), body.get("top_p")
    more.update({key: body[key] for key in ("top_k", "thinking") if key in body})
    output.update(body.get("output_config", {}))


def _effort(request: Request, more: dict[str, Any], losses: Losses) -> None:
    wanted = request.thinking
    word = effort.word_of(wanted) if wanted else None
    if word is None:
        return
    model = request.model.lower()
    if "gpt-oss" in model:
        more["reasoning_effort"] = {"none": "low", "minimal": "low", "xhigh": "high", "max": "high"}.get(word, word)
    elif "nova-2" in model:
        level = {"minimal": "low", "xhigh": "high", "max": "high"}.get(word, word)
        off = word == "none"
        more["reasoningConfig"] = {"type": "disabled"} if off else {"type": "enabled", "maxReasoningEffort": level}
    elif word != "none":
        losses.add(effort.name_of(request))
