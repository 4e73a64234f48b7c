"""Watches the config file and reads it again on change."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
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


async def watch(path: str, good: Callable[[Snapshot], Awaitable[None]], bad: Callable[[ConfigError], None]) -> None:
    """Runs until cancelled. A save is taken once the file has been still for one interval, so that a half-written
    one is not judged; parsing happens off the loop."""
    seen = signature(path)
    while True:
        await asyncio.sleep(INTERVAL_S)
        now = signature(path)
        if now == seen or now is None:
            continue
        await asyncio.sleep(INTERVAL_S / 5)
        if signature(path) != now:
            continue
        seen = now
        try:
            snapshot = await asyncio.to_thread(load, path, dict(os.environ))
        except ConfigError as error:
            bad(error)
        else:
            await good(snapshot)
