"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    GOOD = 0
    ODD = 1
    """May be meant so."""
    BAD = 2
    """Calls, or what is told of them, will fail."""


@dataclass(frozen=True, slots=True)
class Finding:
    """``what`` says what was seen, ``do`` what to do about it; neither holds a credential."""

    level: Level
    what: str
    do: str = ""
