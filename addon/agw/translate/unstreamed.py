"""What translations share whose answers are never streamed: embeddings, rerank, counting tokens.

They need no hub: there are two directions of each, and hardly any field in common between the wires.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.streaming.sse import SseEvent
from agw.translate.base import Losses
from agw.translate.neutral import Failure


class Unstreamed:
    """Base of such translators; see ``base.Translator``. They give ``request``, ``answer`` and ``error``."""

    def __init__(self) -> None:
        self._losses = Losses()

    @property
    def dropped(self) -> tuple[str, ...]:
        return self._losses.names

    @property
    def failed(self) -> Failure | None:
        return None

    def event(self, event: SseEvent) -> list[bytes]:
        return []

    def end(self) -> list[bytes]:
        return []

    def abort(self, failure: Failure) -> list[bytes]:
        return []

    def _lose_others(self, body: Mapping[str, Any], known: frozenset[str]) -> None:
        for name, value in body.items():
            if name not in known and value is not None:
                self._losses.add(str(name))
