"""Password checks, which take tens of milliseconds each, beside the event loop and beside whatever else uses threads.

Two at a time, and a bounded number that wait: a flood of wrong passwords costs its senders their answers, and the calls
of others nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from agw.errors import RateLimited

MAX_WAITING = 64
_AT_ONCE = 2


class SlowChecks:
    """Used by one event loop."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._waiting = 0

    async def run(self, job: Callable[[], None]) -> None:
        """Raises RateLimited where too many wait."""
        if self._waiting >= MAX_WAITING:
            raise RateLimited("too many passwords to check at once", (("retry-after", "1"),))
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_AT_ONCE, "agw-passwords")
        self._waiting += 1
        try:
            await asyncio.get_running_loop().run_in_executor(self._pool, job)
        finally:
            self._waiting -= 1
