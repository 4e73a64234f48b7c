"""Reads a model's name: whose it is, and how a path writes it."""

from __future__ import annotations

import re
from urllib.parse import quote

_DATE = re.compile(r"-(\d{8})$")


def is_claude(model: str) -> bool:
    """``claude-...`` under any of the prefixes that clouds put before it."""
    return "claude" in model.lower()


def is_gemini(model: str) -> bool:
    return bare(model).startswith("gemini-") and "embedding" not in model


def bare(model: str) -> str:
    """Without publisher and collection: ``google/gemini-2.5-pro`` and ``models/gemini-2.5-pro`` are one model."""
    return model.rpartition("/")[2]


def in_path(model: str) -> str:
    """As one segment of a path: the ``:`` and ``/`` of an ARN are part of the name."""
    return quote(model, safe="@")


def at_date(model: str) -> str:
    """Vertex's spelling of a dated Claude: ``claude-x-20250101`` is ``claude-x@20250101``."""
    return _DATE.sub(r"@\1", model)
