"""The client's fields that only its own family knows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from agw.translate.base import Losses
from agw.translate.neutral import Request


def carry(request: Request, family: str, known: Collection[str], body: dict[str, Any], losses: Losses) -> None:
    """Adds to ``body`` the extras that this wire has by the same name; the others are losses."""
    for key, value in request.extra.items():
        if request.family == family and key in known:
            body[key] = value
        elif key != "store" or value is not False:
            # What is not to be stored is not stored anywhere else either.
            losses.add(key)
