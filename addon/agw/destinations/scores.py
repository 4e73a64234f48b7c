"""Scores on their way to the platforms that hold the calls they judge.

::

    submit() ──► one queue for each destination ──► send ──► OK, taken already   done
                 full: refused, told        ▲         ├────► RETRY, too early    later, TRIES times
                                            └─────────┘      REFUSED             dropped, told

A platform that is down holds up nobody else. A score may come before its call has arrived, so that a platform which
does not know the call yet is asked again. All of it waits in memory: what was not sent at a stop is told and lost.
"""

from __future__ import annotations

import heapq
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from agw.config.snapshot import Destination
from agw.destinations.outcome import Kind
from agw.destinations.score_channels import ScoreChannel, open_channel
from agw.destinations.trouble import Trouble
from agw.scores.score import Score

logger = logging.getLogger("agw.scores")

MAX_WAITING = 10_000
_AGAIN = (Kind.RETRY, Kind.FAULT)
TRIES = 30
FIRST_BACKOFF_S, MAX_BACKOFF_S = 0.5, 60.0


class ScoreDelivery:
    """``serve`` and ``close`` come from the loop's side, ``submit`` from anywhere."""

    def __init__(self, environ: Mapping[str, str], on_trouble: Callable[[str], None]) -> None:
        self._environ, self._on_trouble = environ, on_trouble
        self._workers: dict[Destination, _Worker] = {}

    def serve(self, destinations: Sequence[Destination]) -> None:
        """Keeps what is equal; what is no longer wanted ends with what it holds."""
        before = self._workers
        self._workers = {one: before.get(one) or _Worker(one, self._environ, self._on_trouble) for one in destinations}
        for one, worker in before.items():
            if one not in self._workers:
                worker.end()

    def submit(self, score: Score) -> None:
        """Never blocks, never raises."""
        logger.info("score  %s", _readable(score))
        for worker in self._workers.values():
            worker.put(score)

    def waiting(self) -> int:
        return sum(worker.waiting for worker in self._workers.values())

    def close(self, deadline_s: float) -> None:
        """Sends what can be sent within ``deadline_s`` seconds. Blocks."""
        until = time.monotonic() + deadline_s
        for worker in self._workers.values():
            worker.end()
        for worker in self._workers.values():
            worker.join(max(0.0, until - time.monotonic()))


class _Worker:
    """The thread is begun with the first score: most gateways never see one."""

    def __init__(self, destination: Destination, environ: Mapping[str, str], on_trouble: Callable[[str], None]) -> None:
        self._destination, self._environ = destination, environ
        self._trouble = Trouble(on_trouble, time.monotonic)
        self._due: list[tuple[float, int, int, Score]] = []
        self._count = 0
        self._changed = threading.Condition()
        self._ending = False
        self._thread: threading.Thread | None = None

    @property
    def waiting(self) -> int:
        return len(self._due)

    def put(self, score: Score) -> None:
        with self._changed:
            if len(self._due) >= MAX_WAITING or self._ending:
                self._trouble.failed(f"a score for {self._destination.name} was dropped: too many wait")
                return
            self._push(time.monotonic(), 0, score)
            if self._thread is None:
                name = f"agw-scores-{self._destination.name}"[:60]
                self._thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def end(self) -> None:
        with self._changed:
            self._ending = True
            self._changed.notify_all()

    def join(self, timeout_s: float) -> None:
        if self._thread is not None:
            self._thread.join(timeout_s)
        if self._due:
            self._trouble.say(f"{len(self._due)} scores for {self._destination.name} were not sent and are lost")

    def _push(self, due_s: float, tries: int, score: Score) -> None:
        self._count += 1
        heapq.heappush(self._due, (due_s, self._count, tries, score))

    # --- all below runs in the thread

    def _run(self) -> None:
        channel: ScoreChannel | None = None
        while (due := self._next()) is not None:
            tries, score = due
            try:
                channel = channel or open_channel(self._destination, self._environ)
                outcome = channel.send(score)
                kind, detail = outcome.kind, outcome.detail
            except Exception as error:
                kind, detail = Kind.RETRY, type(error).__name__
            with self._changed:
                heapq.heappop(self._due)
                if kind in _AGAIN and tries + 1 < TRIES:
                    self._push(time.monotonic() + min(FIRST_BACKOFF_S * 2**tries, MAX_BACKOFF_S), tries + 1, score)
            if kind is Kind.OK:
                self._trouble.ended(f"scores reach {self._destination.name} again")
            elif kind not in _AGAIN or tries + 1 >= TRIES:
                self._trouble.failed(f"a score for {self._destination.name} was dropped ({detail})")
            elif tries > 0:
                self._trouble.failed(f"scores cannot be sent to {self._destination.name} ({detail}); they wait")
        if channel is not None:
            channel.close()

    def _next(self) -> tuple[int, Score] | None:
        """The score that is due, once it is; it stays the first until it is popped. None at the end."""
        with self._changed:
            while True:
                wait_s = self._due[0][0] - time.monotonic() if self._due else None
                if wait_s is not None and wait_s <= 0:
                    return self._due[0][2], self._due[0][3]
                if self._ending:
                    # What would have to wait is given up.
                    return None
                self._changed.wait(wait_s)


def _readable(score: Score) -> str:
    told = [json.dumps(score.name, ensure_ascii=False)]
    told += [] if score.value is None else [str(score.value)]
    told += [] if score.label is None else [json.dumps(score.label, ensure_ascii=False)]
    return "  ".join([*told, f"trace {score.trace_id} span {score.span_id}"])
