"""Sampling where wires have the same rules for it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from agw.errors import BadRequest
from agw.translate.base import Losses
from agw.translate.neutral import Request, Sampling

_MAX_USER = 64
"""OpenAI refuses a longer ``user``."""


def one_answer(asked: Sampling, lost: Collection[str], losses: Losses) -> None:
    """For a wire that gives one answer per call and has not the fields that are ``lost``. Raises BadRequest."""
    if asked.n is not None and asked.n != 1:
        raise BadRequest("n: this provider gives one answer per call")
    for name in lost:
        if getattr(asked, name) is not None:
            losses.add(name)


def claude(asked: Sampling, body: dict[str, Any], losses: Losses) -> None:
    """``temperature``, ``top_p`` and ``top_k`` as Claude takes them."""
    if asked.temperature is not None:
        # OpenAI's scale ends at 2, Anthropic's at 1.
        body["temperature"] = min(asked.temperature, 1)
        if asked.temperature > 1:
            losses.add("temperature above 1")
    if asked.top_p is not None:
        if asked.temperature is None:
            body["top_p"] = asked.top_p
        elif asked.top_p < 1:
            # Claude from 4.5 on refuses both at once.
            losses.add("top_p")
    if asked.top_k is not None:
        body["top_k"] = asked.top_k


def lose_user(request: Request, losses: Losses) -> None:
    """Names the end user that a wire cannot be told, as the client calls it."""
    losses.add("metadata.user_id" if request.family == "anthropic" else "user")


def openai_user(request: Request, losses: Losses) -> str | None:
    """``user`` of OpenAI's formats."""
    if request.user is not None and len(request.user) > _MAX_USER:
        lose_user(request, losses)
        return None
    return request.user or None
