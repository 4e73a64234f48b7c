"""Turns as the stricter wires want them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from agw.translate.neutral import Part, Role, ToolResult, Turn


def merged(turns: Iterable[Turn], roles: Collection[Role] = tuple(Role)) -> list[Turn]:
    """Neighbours of the same role become one turn, and tool results stand before the user's other parts.

    Anthropic, Google and Bedrock want turns to alternate, and a call's results to open the turn that follows it.
    Only neighbours of ``roles`` are merged. A turn's name is kept where nothing was merged into it.
    """
    found: list[tuple[Role, list[Part], str | None]] = []
    for turn in turns:
        if not turn.parts:
            continue
        if found and found[-1][0] is turn.role and turn.role in roles:
            found[-1] = (turn.role, [*found[-1][1], *turn.parts], None)
        else:
            found.append((turn.role, list(turn.parts), turn.name))
    return [
        Turn(role, _results_first(parts) if role is Role.USER else tuple(parts), name) for role, parts, name in found
    ]


def _results_first(parts: list[Part]) -> tuple[Part, ...]:
    results = [part for part in parts if isinstance(part, ToolResult)]
    return (*results, *(part for part in parts if not isinstance(part, ToolResult)))
