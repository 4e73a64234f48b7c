"""Names with ``*``: which model they take, and which of two is more specific."""

from __future__ import annotations


def model_fits(pattern: str, model: str) -> bool:
    """``*`` takes all; ``gpt-*`` a prefix; ``*-mini`` a suffix; anything else is the name itself."""
    if "*" not in pattern:
        return pattern == model
    before, _, after = pattern.partition("*")
    return model.startswith(before) and model.endswith(after) and len(model) >= len(before) + len(after)


def pattern_rank(pattern: str) -> tuple[bool, int]:
    """Greater is more specific: names without ``*`` first, then the longer pattern."""
    return ("*" not in pattern, len(pattern))
