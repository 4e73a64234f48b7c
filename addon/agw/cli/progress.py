"""A line that says how far something is, on a terminal only."""

from __future__ import annotations

import sys
import time

from agw.cli.table import bar

_EVERY_S = 0.1


class Progress:
    """``total`` None: it is not known how much there is."""

    def __init__(self, what: str, total: int | None = None) -> None:
        self._what, self._total = what, total
        self._done = 0
        self._next_s = 0.0
        self._began_s = time.monotonic()

    def step(self, count: int = 1) -> None:
        self.at(self._done + count)

    def at(self, done: int) -> None:
        self._done = done
        now_s = time.monotonic()
        if now_s < self._next_s or not sys.stderr.isatty():
            return
        self._next_s = now_s + _EVERY_S
        rate = done / max(now_s - self._began_s, 0.001)
        shown = f"{done:,}" if self._total is None else f"{done:,} of {self._total:,}"
        share = "" if not self._total else f" {bar(done / self._total).ljust(20)}"
        print(f"\r{self._what}:{share} {shown}, {rate:,.0f}/s", end="\033[K", file=sys.stderr, flush=True)

    def end(self) -> None:
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)
