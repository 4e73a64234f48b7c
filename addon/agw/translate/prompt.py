"""The system prompt and the turns, for wires that have a place for the one and two roles for the others."""

from __future__ import annotations

from agw.translate.neutral import Request, Role, Text, Turn
from agw.translate.turns import merged


def prompt_of(request: Request) -> tuple[tuple[Text, ...], list[Turn]]:
    """System messages in mid-conversation join the prompt: a user's turn would take their authority from them. A
    system prompt alone becomes the user's turn, since these wires want one."""
    late = [part for turn in request.turns if turn.role is Role.SYSTEM for part in turn.parts if isinstance(part, Text)]
    system = tuple(text for text in (*request.system, *late) if text.text.strip())
    turns = merged(turn for turn in request.turns if turn.role is not Role.SYSTEM)
    if not turns and system:
        return (), [Turn(Role.USER, system)]
    return system, turns
