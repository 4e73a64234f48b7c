"""How the destinations of all workers do, for the admin page, which one of them has.

Each writes its own down now and then, in a file of the folder that the metrics are in (telemetry/metrics_shared.py).
scripts/_workers.py takes the file away once the worker has ended; one that lives and no longer writes is told.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from agw.destinations.base import DeliveryStats

STEP_S = 2.0
SILENT_S = 10.0
"""A file that is older is told as such."""
MAX_CHARS = 500
"""Of a last error in a file."""
MAX_DESTINATIONS = 100
"""In a file."""

Stats = Callable[[], Sequence[DeliveryStats]]


class WrittenStats:
    """Writes what ``stats`` gives every ``STEP_S`` seconds, from a thread, until ``close``."""

    def __init__(self, folder: str, stats: Stats) -> None:
        self._path, self._stats = _path(folder, os.getpid()), stats
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="agw-destinations", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join(STEP_S)

    def _run(self) -> None:
        while True:
            # A full disk makes the file old, which the page tells.
            with contextlib.suppress(OSError):
                _write(self._path, {"worker": _number(), "destinations": self._bounded()})
            if self._closing.wait(STEP_S):
                return

    def _bounded(self) -> list[dict[str, Any]]:
        stats = self._stats()[:MAX_DESTINATIONS]
        return [asdict(replace(one, last_error=one.last_error[:MAX_CHARS])) for one in stats]


def of_all(folder: str | None, stats: Sequence[DeliveryStats]) -> list[dict[str, Any]]:
    """A row for each destination of each worker, each destination's together; ``stats`` are this worker's own.

    ``worker`` and ``pid`` are only there beside other workers, ``silent_s`` where a worker has not written of late.
    """
    others = [] if folder is None else list(_others(Path(folder)))
    if not others:
        return [asdict(one) for one in stats]
    rows = [{"worker": _number(), "pid": os.getpid(), "silent_s": None, **asdict(one)} for one in stats] + others
    order = {name: index for index, name in enumerate(dict.fromkeys(row["name"] for row in rows))}
    return sorted(rows, key=lambda row: (order[row["name"]], row["worker"], row["pid"]))


def _others(folder: Path) -> Iterator[dict[str, Any]]:
    for path in folder.glob("destinations-*.json"):
        pid = int(path.stem.rpartition("-")[2])
        if pid == os.getpid():
            continue
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            said = json.load(file)
            age_s = max(0.0, time.time() - os.fstat(file.fileno()).st_mtime)
            silent_s = age_s if age_s > SILENT_S else None
            for row in said["destinations"]:
                yield {"worker": said["worker"], "pid": pid, "silent_s": silent_s, **row}


def _number() -> int:
    worker = os.environ.get("AGW_WORKER", "")
    return int(worker) if worker.isdecimal() else 0


def _path(folder: str, pid: int) -> Path:
    return Path(folder) / f"destinations-{pid}.json"


def _write(path: Path, said: dict[str, Any]) -> None:
    """In one piece: whoever reads meanwhile has the old one. Raises OSError."""
    new = path.with_suffix(".json.new")
    with open(new, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        json.dump(said, file)
    new.replace(path)
