"""Hours without a receiver, on a clock of the test's own: nothing is given up, nothing is asked too often."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from agw.destinations.base import Encoded
from agw.destinations.outcome import Kind, Outcome
from agw.destinations.worker import MAX_BACKOFF_S, MAX_RETRY_AFTER_S, Worker
from agw.journal.store import Store
from agw.record import CallRecord
from support.records import numbered

HOUR_S = 3600.0


class FakeTime:
    """A clock that moves when somebody waits."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now_s

    def wait(self, event: threading.Event, seconds: float) -> None:
        self.waits.append(seconds)
        self.now_s += seconds
        time.sleep(0)


class Remote:
    """A receiver that is away until ``back_s``; then it takes all."""

    name = place = "somewhere"
    max_bytes, max_items = 1 << 20, 100

    def __init__(self, clock: FakeTime, back_s: float, away: Outcome) -> None:
        self._clock, self._back_s, self._away = clock, back_s, away
        self.taken: list[str] = []
        self.asked = 0

    def wants(self, record: CallRecord) -> bool:
        return True

    def open(self, environ: Any) -> Remote:
        return self

    def encode(self, record: CallRecord) -> Encoded:
        return Encoded(record.answer.response_id, 100)

    def send(self, items: Sequence[Any], *, at_most_s: float = math.inf) -> Outcome:
        self.asked += 1
        if self._clock() < self._back_s:
            return self._away
        self.taken += items
        return Outcome(Kind.OK)

    def close(self) -> None: ...


@pytest.fixture
def store(tmp_path):
    one = Store(tmp_path / "journal.sqlite")
    one.serve("somewhere")
    yield one
    one.close()


def run(store: Store, clock: FakeTime, remote: Remote, count: int) -> Worker:
    store.append((), [numbered(number) for number in range(count)])
    worker = Worker(
        remote, lambda: [store], environ={}, on_trouble=lambda told: None, linger_s=0.0, clock=clock, wait=clock.wait
    )
    worker.wake()
    assert worker.flush(60)
    worker.close(1)
    return worker


def test_a_day_without_a_receiver_costs_no_record_and_order_is_kept(store):
    clock = FakeTime()
    remote = Remote(clock, 24 * HOUR_S, Outcome(Kind.RETRY, "refused"))
    worker = run(store, clock, remote, 1000)
    assert remote.taken == [str(number) for number in range(1000)]
    assert (worker.stats().sent, worker.stats().parked, worker.stats().dropped) == (1000, 0, 0)
    assert max(clock.waits) <= MAX_BACKOFF_S
    assert 24 * HOUR_S / MAX_BACKOFF_S < remote.asked < 2.5 * 24 * HOUR_S / MAX_BACKOFF_S


def test_pauses_grow_and_are_not_the_same_for_all(store):
    clock = FakeTime()
    run(store, clock, Remote(clock, HOUR_S, Outcome(Kind.RETRY, "refused")), 1)
    assert clock.waits[0] <= 0.5
    assert clock.waits[5] > 2
    assert len(set(clock.waits[10:40])) > 20


def test_a_receiver_that_says_when_is_left_alone_until_then(store):
    clock = FakeTime()
    remote = Remote(clock, HOUR_S, Outcome(Kind.RETRY, "HTTP 429", retry_after_s=120))
    run(store, clock, remote, 10)
    assert set(clock.waits) == {120}
    assert remote.asked == 31


def test_a_receiver_cannot_ask_for_more_than_minutes(store):
    clock = FakeTime()
    run(store, clock, Remote(clock, HOUR_S, Outcome(Kind.RETRY, "HTTP 503", retry_after_s=1e9)), 1)
    assert max(clock.waits) == MAX_RETRY_AFTER_S


def test_a_full_batch_waits_for_no_more_company(store):
    clock = FakeTime()
    remote = Remote(clock, 0, Outcome(Kind.OK))
    worker = Worker(remote, lambda: [store], environ={}, on_trouble=lambda told: None, linger_s=3600.0, clock=clock)
    for first in range(0, 128, 64):
        store.append((), [numbered(number) for number in range(first, first + 64)])
        worker.wake()
    assert worker.flush(60)
    assert remote.taken == [str(number) for number in range(128)]
    worker.close(1)


def test_lag_is_the_age_of_the_oldest_that_waits(store):
    clock = FakeTime()
    remote = Remote(clock, math.inf, Outcome(Kind.RETRY, "refused"))
    store.append((), [numbered(1)])
    stopped = threading.Event()
    worker = Worker(
        remote,
        lambda: [store],
        environ={},
        on_trouble=lambda told: None,
        linger_s=0.0,
        wall_ns=lambda: numbered(1).end_ns + 90_000_000_000,
        wait=lambda event, seconds: event.wait(0.05) and stopped.set(),
    )
    worker.wake()
    while remote.asked < 2:
        time.sleep(0.005)
    stats = worker.stats()
    assert (stats.queued, stats.lag_s, stats.last_error) == (1, 90.0, "refused")
    assert stats.failures >= 1
    worker.close(0.0)


def test_a_call_that_is_appended_while_the_worker_finds_nothing_is_not_passed_over(tmp_path):
    class Racing(Store):
        """Grows just after it was read."""

        raced = False

        def read(self, destination: str, after: int, max_rows: int, max_bytes: int) -> Any:
            rows = super().read(destination, after, max_rows, max_bytes)
            if not self.raced:
                self.raced = True
                self.append((), [numbered(2)])
            return rows

    store = Racing(tmp_path / "racing.sqlite")
    store.serve("somewhere")
    store.append((), [numbered(1)])
    store.park("somewhere", 1, "sent already")
    clock = FakeTime()
    remote = Remote(clock, 0, Outcome(Kind.OK))
    worker = Worker(remote, lambda: [store], environ={}, on_trouble=lambda told: None, linger_s=0.0, clock=clock)
    worker.wake()
    assert worker.flush(20)
    worker.close(1)
    store.close()
    assert remote.taken == ["2"]


class Picky(Remote):
    """Takes everything but some, and only small batches."""

    def __init__(self, clock: FakeTime, bad: set[str], kind: Kind) -> None:
        super().__init__(clock, 0, Outcome(kind))
        self._bad, self._kind = bad, kind

    def send(self, items: Sequence[Any], *, at_most_s: float = math.inf) -> Outcome:
        self.asked += 1
        if self._bad & set(items):
            return Outcome(self._kind, "not that one")
        self.taken += items
        return Outcome(Kind.OK)


def test_a_record_on_which_the_receiver_fails_does_not_hold_up_the_others_for_ever(store):
    clock = FakeTime()
    remote = Picky(clock, {"5"}, Kind.FAULT)
    worker = run(store, clock, remote, 20)
    assert sorted(remote.taken, key=int) == [str(number) for number in range(20) if number != 5]
    assert worker.stats().parked == 1


def test_that_holds_for_a_receiver_that_takes_one_at_a_time_too(store):
    clock = FakeTime()
    remote = Picky(clock, {"5"}, Kind.FAULT)
    remote.max_items = 1
    worker = run(store, clock, remote, 20)
    assert set(remote.taken) == {str(number) for number in range(20) if number != 5}
    assert worker.stats().parked == 1


def test_a_receiver_that_fails_on_everything_for_a_day_costs_no_record(store):
    clock = FakeTime()
    remote = Remote(clock, 24 * HOUR_S, Outcome(Kind.FAULT, "HTTP 500"))
    worker = run(store, clock, remote, 300)
    assert remote.taken == [str(number) for number in range(300)]
    assert worker.stats().parked == 0


def test_a_lone_record_on_which_the_receiver_fails_is_set_aside_once_another_shows_that_it_is_that_one(store):
    clock = FakeTime()
    remote = Picky(clock, {"0"}, Kind.FAULT)
    store.append((), [numbered(0)])
    worker = Worker(
        remote, lambda: [store], environ={}, on_trouble=lambda told: None, linger_s=0.0, clock=clock, wait=clock.wait
    )
    worker.wake()
    while remote.asked < 40:
        time.sleep(0.001)
    assert worker.stats().parked == 0
    store.append((), [numbered(1)])
    assert worker.flush(30)
    worker.close(1)
    assert (remote.taken, worker.stats().parked) == (["1"], 1)


@pytest.mark.parametrize("kind", [Kind.TOO_LARGE, Kind.REFUSED])
def test_only_the_offender_is_set_aside_and_its_neighbours_arrive_in_order(store, kind):
    clock = FakeTime()
    remote = Picky(clock, {"17", "18", "400"}, kind)
    worker = run(store, clock, remote, 500)
    assert remote.taken == [str(number) for number in range(500) if number not in (17, 18, 400)]
    assert (worker.stats().sent, worker.stats().parked) == (497, 3)
    rows = store._db.execute("SELECT seq, reason FROM apart ORDER BY seq").fetchall()
    assert rows == [(18, "not that one"), (19, "not that one"), (401, "not that one")]
