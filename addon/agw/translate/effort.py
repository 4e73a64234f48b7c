"""How much a model is to think: OpenAI's words and Anthropic's budgets (agentgateway.md §3.5)."""

from __future__ import annotations

from agw.translate import models
from agw.translate.base import Losses
from agw.translate.neutral import Request, Thinking

BUDGETS = {"minimal": 1024, "low": 1024, "medium": 2048, "high": 4096, "xhigh": 8192, "max": 16384}
"""Tokens for each effort."""
LEAST_BUDGET = 1024
"""Anthropic refuses less."""


def name_of(request: Request) -> str:
    """How the client called it, for what is dropped."""
    return "thinking" if request.family == "anthropic" else "reasoning_effort"


def word_of(thinking: Thinking) -> str | None:
    """The effort as a word; an adaptive model without one thinks ``high`` (Anthropic's default)."""
    if thinking.enabled is False:
        return "none"
    if thinking.effort is not None:
        return thinking.effort
    if thinking.budget_tokens is not None:
        # Words above "high" are known to few models.
        least = max(thinking.budget_tokens, LEAST_BUDGET)
        return next(word for word in ("high", "medium", "low") if BUDGETS[word] <= least)
    return "high" if thinking.adaptive else None


def budget_of(thinking: Thinking) -> int | None:
    """The budget in tokens; None where there is none to be told."""
    if thinking.budget_tokens is not None:
        return thinking.budget_tokens
    word = word_of(thinking)
    return None if word in (None, "none") else BUDGETS.get(word or "", BUDGETS["medium"])


def openai_effort(request: Request, losses: Losses) -> str | None:
    """``reasoning_effort``; None, and a loss, for OpenAI's models that do not reason."""
    thinking = request.thinking
    if thinking is None:
        return None
    word = word_of(thinking)
    if word == "none" and request.family != "openai":
        # Anthropic's "disabled" is its default, and only few models can be told not to think.
        return None
    if word is not None and models.refuses_effort(request.model):
        losses.add(name_of(request))
        return None
    return word
