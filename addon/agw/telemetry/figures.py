"""Small JSON objects of figures: what ``content_json`` would make of them, in half the time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import isfinite
from typing import Any

from agw.content.size import content_json

_REMEMBERED = 2048
"""Amounts; one call tells most of its own to two platforms."""


def figures_json(figures: Mapping[str, Any]) -> str:
    """Names need no escapes; a value may be a mapping again. Raises ValueError for what is not finite."""
    return "{" + ",".join([f'"{name}":{_told(value)}' for name, value in figures.items()]) + "}"


def _told(value: Any) -> str:
    kind = type(value)
    if kind is int:
        return repr(value)
    if kind is float and isfinite(value):
        # 0.0 is equal to -0.0.
        return _shown(value) if value else repr(value)
    return figures_json(value) if kind is dict else content_json(value) or "null"


@lru_cache(_REMEMBERED)
def _shown(value: float) -> str:
    return repr(value)
