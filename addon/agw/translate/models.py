"""What a model's name tells of the fields that it takes, where families differ within one API.

Names are read without a vendor's prefix (``openai/gpt-5``) and without regard to case. Unknown names get what most
servers of the format take.
"""

from __future__ import annotations

import re

_OPENAI = re.compile(r"(gpt-|chatgpt-|o\d|codex)")
_UNTHINKING = re.compile(r"(gpt-3|gpt-4|chatgpt-4)")
_GPT = re.compile(r"gpt-(\d+)(?:\.(\d+))?")
# claude-opus-4-7, claude-sonnet-4-5-20250929, anthropic.claude-opus-4-6-v1:0; a date is no minor version.
_CLAUDE = re.compile(r"claude-[a-z]+-(\d{1,2})(?!\d)(?:[-.](\d{1,2})(?!\d))?")


def _bare(model: str) -> str:
    return model.lower().rpartition("/")[2]


def is_openai(model: str) -> bool:
    """OpenAI's own models want ``max_completion_tokens``; most other servers know only ``max_tokens``."""
    return _OPENAI.match(_bare(model)) is not None


def is_claude(model: str) -> bool:
    return "claude" in model.lower()


def refuses_effort(model: str) -> bool:
    """OpenAI's models before the reasoning ones answer 400 to ``reasoning_effort``."""
    return _UNTHINKING.match(_bare(model)) is not None


def reasons(model: str) -> bool:
    """OpenAI's reasoning models, by name."""
    return is_openai(model) and not refuses_effort(model)


def takes_cache_breakpoints(model: str) -> bool:
    """``prompt_cache_breakpoint`` came with GPT 5.6 (agentgateway.md §3.5)."""
    found = _GPT.match(_bare(model))
    return found is not None and (int(found[1]), int(found[2] or 0)) >= (5, 6)


def thinks_adaptively(model: str) -> bool:
    """Claude from 4.6 on is told an effort; its forerunners a budget of tokens
    (https://docs.claude.com/en/docs/build-with-claude/adaptive-thinking)."""
    return _claude(model) >= (4, 6)


def writes_long(model: str) -> bool:
    """Every Claude from 4 on gives 32,000 tokens and more (https://docs.claude.com/en/docs/about-claude/models)."""
    return _claude(model) >= (4, 0)


def _claude(model: str) -> tuple[int, int]:
    """Its version; (0, 0) for the older names and other models."""
    found = _CLAUDE.search(_bare(model))
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)
