"""The newest rows stay in memory for the destinations that keep up."""

from __future__ import annotations

from agw.destinations.base import Row
from agw.journal.fresh import Fresh
from agw.journal.memory import MemoryStore
from agw.journal.store import Store
from support.records import numbered


def rows(*numbers: int, size: int = 10) -> list[Row]:
    return [Row(number, None, size) for number in numbers]


def seqs(found: list[Row]) -> list[int]:
    return [row.seq for row in found]


def test_rows_are_read_in_their_order_from_behind_a_position():
    fresh = Fresh()
    fresh.serve("a", 0)
    fresh.add(rows(1, 2, 3, 4))
    assert seqs(fresh.read("a", 1, 2, 1000)) == [2, 3]
    assert seqs(fresh.read("a", 1, 10, 15)) == [2, 3]


def test_whoever_is_further_behind_than_memory_gets_nothing_from_it():
    fresh = Fresh(max_rows=2)
    fresh.serve("a", 0)
    fresh.add(rows(1, 2, 3))
    assert fresh.read("a", 0, 10, 1000) == []
    assert seqs(fresh.read("a", 1, 10, 1000)) == [2, 3]


def test_nothing_is_kept_for_nobody():
    fresh = Fresh()
    fresh.add(rows(1))
    assert fresh.read("a", 0, 10, 1000) == []


def test_memory_is_bounded_by_bytes_too():
    fresh = Fresh(max_bytes=25)
    fresh.serve("a", 0)
    fresh.add(rows(1, 2, 3))
    assert seqs(fresh.read("a", 1, 10, 1000)) == [2, 3]


def test_a_row_is_let_go_when_the_last_reader_has_got_it():
    fresh = Fresh()
    fresh.serve("a", 0)
    fresh.serve("b", 0)
    fresh.add(rows(1, 2))
    fresh.acknowledge("a", 2)
    assert seqs(fresh.read("b", 0, 10, 1000)) == [1, 2]
    fresh.acknowledge("b", 1)
    assert seqs(fresh.read("b", 1, 10, 1000)) == [2]
    assert fresh.read("b", 0, 10, 1000) == []


def test_a_row_that_was_set_aside_is_not_read_again_by_that_destination():
    fresh = Fresh()
    fresh.serve("a", 0)
    fresh.serve("b", 0)
    fresh.add(rows(1, 2))
    fresh.park("a", 1)
    assert seqs(fresh.read("a", 0, 10, 1000)) == [2]
    assert seqs(fresh.read("b", 0, 10, 1000)) == [1, 2]


def test_a_destination_gets_the_same_from_memory_as_from_the_file(tmp_path):
    store = Store(tmp_path / "journal.sqlite")
    store.serve("a")
    records = [numbered(number) for number in range(1, 4)]
    store.append((), records)
    fresh = store.read("a", 0, 10, 1 << 20)
    store.close()
    again = Store(tmp_path / "journal.sqlite")
    assert again.read("a", 0, 10, 1 << 20) == fresh
    again.close()


def test_rows_that_a_memory_journal_has_dropped_are_gone_from_here_too():
    store = MemoryStore()
    store.serve("a")
    store.append_bounded([numbered(number) for number in range(1, 4)])
    store.drop_through(2)
    assert seqs(store.read("", 0, 10, 1 << 20)) == [3]
    store.drop_through(3)
    assert store.read("", 0, 10, 1 << 20) == []
