"""A process of its own for the questions that read every call of a period.

In a thread they would hold the interpreter's lock against the event loop for seconds. The process is begun by the first
such question and ends when none has come for a while.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

IDLE_S = 300.0
_NICE = 10


class Apart:
    """One question at a time; the others wait."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._idle: asyncio.TimerHandle | None = None

    async def run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Raises what ``work`` raises. Work and arguments must be picklable."""
        loop = asyncio.get_running_loop()
        if self._idle is not None:
            self._idle.cancel()
        if self._pool is None:
            # Spawned: a fork would copy a process with threads and open sockets.
            spawn = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=spawn, initializer=os.nice, initargs=(_NICE,))
        try:
            return await loop.run_in_executor(self._pool, work, *arguments)
        except BrokenProcessPool:
            self.close()
            raise
        finally:
            self._idle = loop.call_later(IDLE_S, self.close)

    def close(self) -> None:
        pool, self._pool = self._pool, None
        if self._idle is not None:
            self._idle.cancel()
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)
