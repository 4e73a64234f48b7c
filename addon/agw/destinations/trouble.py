"""Tells a person that something fails, without a flood."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

EVERY_S = 60.0


class Trouble:
    """The first failure is told at once, later ones at most once in ``every_s`` seconds, the end of it once.

    The end is told only where its beginning was. ``tell`` may raise; nothing comes of it.
    """

    def __init__(self, tell: Callable[[str], None], clock: Callable[[], float], every_s: float = EVERY_S) -> None:
        self._tell = tell
        self._clock = clock
        self._every_s = every_s
        self._told_at: float | None = None
        self._told_unended = False

    def failed(self, message: str) -> None:
        now = self._clock()
        if self._told_at is not None and now - self._told_at < self._every_s:
            return
        self._told_at = now
        self._told_unended = True
        self.say(message)

    def ended(self, message: str) -> None:
        if self._told_unended:
            self._told_unended = False
            self.say(message)

    def say(self, message: str) -> None:
        """Tells it whatever was told before."""
        # A log that fails must not end the thread that sends.
        with contextlib.suppress(Exception):
            self._tell(message)
