"""What a config says of prompts and answers that are not let through as they are (agentgateway.md §1.8).

Part of the snapshot; ``policies/guard.py`` enforces it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agw.cel.patterns import Pattern


class Scope(StrEnum):
    """Which texts of a request a guard looks at."""

    SYSTEM = "systemPrompt"
    MESSAGES = "messages"
    TOOL_OUTPUT = "toolOutput"
    TOOL_INPUT = "toolInput"


@dataclass(frozen=True, slots=True)
class GuardRule:
    """``mask`` stands in for what the pattern finds."""

    name: str
    pattern: Pattern
    mask: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """``body`` None: the default sentence, in the client's own format."""

    status: int = 403
    body: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Guard:
    rules: tuple[GuardRule, ...]
    rejects: bool = False
    """A call in which a rule finds something is refused; else what it finds is masked."""
    rejection: Rejection = Rejection()
    scopes: frozenset[Scope] = frozenset({Scope.SYSTEM, Scope.MESSAGES})


@dataclass(frozen=True, slots=True)
class PromptGuard:
    request: tuple[Guard, ...] = ()
    response: tuple[Guard, ...] = ()
