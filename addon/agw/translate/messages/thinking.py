"""Extended thinking, which Anthropic grants under conditions that other formats do not know
(https://docs.claude.com/en/docs/build-with-claude/extended-thinking)."""

from __future__ import annotations

from typing import Any

from agw.translate import effort, models
from agw.translate.base import Losses
from agw.translate.neutral import Maker, Reasoning, Request, Role, ToolCall, Turn
from agw.translate.turns import merged

_EFFORTS = ("low", "medium", "high", "xhigh", "max")


def write(request: Request, body: dict[str, Any], losses: Losses) -> None:
    """Adds ``thinking`` (and ``output_config.effort``) to a body that has its tools and sampling already, or a loss."""
    thinking = request.thinking
    if thinking is None:
        return
    word = effort.word_of(thinking)
    if word == "none":
        body["thinking"] = {"type": "disabled"}
        return
    if _forced(body) or (not models.thinks_adaptively(request.model) and _unsigned(request.turns)):
        losses.add(effort.name_of(request))
        return
    if models.thinks_adaptively(request.model):
        body["thinking"] = {"type": "adaptive"}
        if word is not None:
            known = word if word in _EFFORTS else "low"
            body["output_config"] = {**body.get("output_config", {}), "effort": known}
        if request.sampling.max_tokens is None:
            body["max_tokens"] += effort.budget_of(thinking) or effort.BUDGETS["high"]
    elif not _budget(request, body, losses):
        return
    # With thinking on, Anthropic takes no other temperature than 1, no top_k, and top_p only near 1.
    for name in ("temperature", "top_k", "top_p"):
        if name in body and body[name] != 1:
            losses.add(name)
        body.pop(name, None)


def _budget(request: Request, body: dict[str, Any], losses: Losses) -> bool:
    """The budget is a part of ``max_tokens``: it leaves the answer at least half of a limit that the client set, and
    comes on top of the default."""
    thinking = request.thinking
    budget = effort.budget_of(thinking) if thinking else None
    budget = effort.BUDGETS["medium"] if budget is None else max(budget, effort.LEAST_BUDGET)
    if request.sampling.max_tokens is None:
        body["max_tokens"] += budget
    else:
        budget = min(budget, request.sampling.max_tokens // 2)
    if budget < effort.LEAST_BUDGET:
        losses.add(effort.name_of(request))
        return False
    body["thinking"] = {"type": "enabled", "budget_tokens": budget}
    return True


def _forced(body: dict[str, Any]) -> bool:
    return body.get("tool_choice", {}).get("type") in ("any", "tool")


def _unsigned(turns: tuple[Turn, ...]) -> bool:
    """Whether the last answer called tools without signed thinking before: a budget is then refused for its results."""
    last = next((turn for turn in reversed(merged(turns)) if turn.role is Role.ASSISTANT), None)
    if last is None or not any(isinstance(part, ToolCall) for part in last.parts):
        return False
    seals = [part.seal for part in last.parts if isinstance(part, Reasoning)]
    return not any(seal is not None and seal.maker is Maker.ANTHROPIC for seal in seals)
