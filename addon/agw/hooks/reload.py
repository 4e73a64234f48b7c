"""Watches the config file, and the files that it names, and reads it again on change."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from agw.config import load
from agw.config.snapshot import Snapshot
from agw.errors import ConfigError

INTERVAL_S = 0.5


def signature(path: str) -> tuple[int, int, int] | None:
    """What changes when a file is saved, in place or by rename; None while there is no file."""
    try:
        stat = Path(path).stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _signatures(path: str, others: Iterable[str]) -> tuple[tuple[int, int, int] | None, ...]:
    return (signature(path), *(signature(one) for one in others))


async def watch(
    path: str, others: Iterable[str], good: Callable[[Snapshot], Awaitable[None]], bad: Callable[[ConfigError], None]
) -> None:
    """Runs until cancelled. A save is taken once the files have been still for one interval, so that a half-written
    one is not judged; parsing happens off the loop. ``others`` are the files that the config in service names."""
    seen = _signatures(path, others)
    while True:
        await asyncio.sleep(INTERVAL_S)
        now = _signatures(path, others)
        if now == seen or now[0] is None:
            continue
        await asyncio.sleep(INTERVAL_S / 5)
        if _signatures(path, others) != now:
            continue
        seen = now
        try:
            snapshot = await asyncio.to_thread(load, path, dict(os.environ))
        except ConfigError as error:
            bad(error)
        else:
            if others != snapshot.files:
                others = snapshot.files
                seen = (now[0], *_signatures(path, others)[1:])
            await good(snapshot)
