"""The recorder's thread: order, finishers that fail, a full inbox, closing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from agw.record import CallRecord
from agw.record.transient import Transient
from agw.recorder import Recorder
from agw.recorder.inbox import Finished, Inbox
from agw.recorder.recorder import BEHIND, BREATH_S
from support.records import numbered


class Kept:
    def __init__(self) -> None:
        self.records: list[CallRecord] = []
        self.lines: list[CallRecord] = []
        self.told: list[str] = []
        self.gate = threading.Event()
        self.gate.set()

    def append(self, begun: Any, records: Any) -> None:
        self.gate.wait(10)
        self.records += records

    def idle(self) -> None: ...

    def ids(self) -> list[str | None]:
        return [record.answer.response_id for record in self.records]


@pytest.fixture
def recorder() -> Iterator[tuple[Recorder, Kept]]:
    kept = Kept()
    one = Recorder(kept, tell=kept.lines.append, on_trouble=kept.told.append)
    yield one, kept
    one.close(10)


def noting(text: str) -> Callable[[CallRecord, Transient], CallRecord]:
    return lambda record, transient: replace(record, notes=(*record.notes, text))


def broken(record: CallRecord, transient: Transient) -> CallRecord:
    raise ValueError("sk-secret-canary")


def test_every_record_arrives_in_its_order_and_is_told_after_it_was_handed_on(recorder):
    one, kept = recorder
    for number in range(1000):
        one.put(numbered(number), Transient())
    one.close(10)
    assert kept.ids() == [str(number) for number in range(1000)]
    assert [record.answer.response_id for record in kept.lines] == kept.ids()


def test_finishers_run_in_their_order_and_one_that_fails_costs_only_its_own_effect(recorder):
    one, kept = recorder
    one.put(numbered(1), Transient(), (noting("first"), broken, noting("second")))
    one.close(10)
    assert kept.records[0].notes == ("first", "second")
    assert kept.lines[0].notes == ("first", "second")


def test_the_trouble_of_a_finisher_is_told_once_with_its_place_and_without_its_text(recorder):
    one, kept = recorder
    for number in range(50):
        one.put(numbered(number), Transient(), (broken,))
    one.close(10)
    (told,) = kept.told
    assert "ValueError at test_recorder.py" in told
    assert "canary" not in told
    assert len(kept.records) == 50


def test_a_sink_that_fails_does_not_end_the_thread():
    class Broken(Kept):
        def append(self, begun: Any, records: Any) -> None:
            if not self.told:
                raise OSError("disk")
            super().append(begun, records)

    kept = Broken()
    one = Recorder(kept, tell=kept.lines.append, on_trouble=kept.told.append)
    one.put(numbered(1), Transient())
    while not kept.told:
        time.sleep(0.001)
    one.put(numbered(2), Transient())
    one.close(10)
    assert kept.ids() == ["2"]


def test_a_full_inbox_refuses_the_newest_by_count_and_by_bytes():
    by_count, by_bytes = Inbox(max_count=2), Inbox(max_bytes=100)
    for number in range(4):
        by_count.put(Finished(numbered(number), Transient()))
        by_bytes.put(Finished(numbered(number), Transient(), size_bytes=60))
    assert (len(by_count), by_count.refused) == (2, 2)
    assert (len(by_bytes), by_bytes.refused) == (1, 3)
    by_bytes.take(10, 0, 0)
    assert by_bytes.put(Finished(numbered(5), Transient(), size_bytes=60)), "there is room again"


def test_a_group_that_is_full_waits_for_no_more_company(monkeypatch):
    waits: list[float] = []
    monkeypatch.setattr("agw.recorder.inbox.sleep", waits.append)
    inbox = Inbox()
    for number in range(3):
        inbox.put(Finished(numbered(number), Transient()))
    assert len(inbox.take(2, 0, 0.05)) == 2
    assert waits == []
    assert len(inbox.take(2, 0, 0.05)) == 1
    assert waits == [0.05]


def test_closing_finishes_what_is_there(recorder):
    one, kept = recorder
    kept.gate.clear()
    for number in range(300):
        one.put(numbered(number), Transient())
    closing = threading.Thread(target=one.close, args=(10,))
    closing.start()
    kept.gate.set()
    closing.join()
    assert len(kept.records) == 300


def test_a_loop_that_is_never_idle_leaves_the_thread_its_time_once_it_is_behind(recorder, monkeypatch):
    one, kept = recorder
    breaths: list[float] = []
    asleep, loop = time.sleep, threading.current_thread()

    def sleep(seconds: float) -> None:
        if threading.current_thread() is loop:
            breaths.append(seconds)
        else:
            asleep(seconds)

    monkeypatch.setattr("agw.recorder.recorder.time.sleep", sleep)
    kept.gate.clear()
    for number in range(BEHIND):
        one.put(numbered(number), Transient())
    assert breaths == []
    for number in range(BEHIND, 3 * BEHIND):
        one.put(numbered(number), Transient())
    assert breaths
    assert set(breaths) == {BREATH_S}
    kept.gate.set()
    one.close(10)
    assert kept.ids() == [str(number) for number in range(3 * BEHIND)]
