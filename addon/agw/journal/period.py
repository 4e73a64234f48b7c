"""A period of the journal as a backlog of its own: numbered from 1, read-only, its cursor in memory."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from agw.destinations.base import Row
from agw.journal.query import Reader, Which


class Period:
    """Made of the calls that are there when it is made. Is a ``Backlog`` (destinations/base.py)."""

    def __init__(self, paths: Sequence[Path], which: Which) -> None:
        self._reader = Reader(paths)
        self._places = self._reader.places(which)
        self._position = 0
        self._parked: Counter[str] = Counter()
        self._lock = threading.Lock()

    def newest(self) -> int:
        return len(self._places)

    def position(self, destination: str) -> int:
        return self._position

    def acknowledge(self, destination: str, seq: int) -> None:
        self._position = seq

    def park(self, destination: str, seq: int, reason: str) -> None:
        with self._lock:
            self._parked[reason] += 1

    def reasons(self) -> dict[str, int]:
        with self._lock:
            return dict(self._parked)

    def read(self, destination: str, after: int, max_rows: int, max_bytes: int) -> list[Row]:
        rows: list[Row] = []
        size = 0
        for number, (record, size_bytes, trouble) in enumerate(
            self._reader.at(self._places[after : after + max_rows]), after + 1
        ):
            rows.append(Row(number, record, size_bytes, trouble))
            size += size_bytes
            if size >= max_bytes:
                break
        return rows
