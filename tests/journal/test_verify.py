"""The audit trail: every kind of change is named with the first row that it touched, and no accident is called one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from agw.journal.opening import lock
from agw.journal.retention import Keep, step
from agw.journal.rows import NAMES
from agw.journal.signing import KEY_NAME, PUBLIC_NAME, Checker, checker_of, signer_in
from agw.journal.store import Store
from agw.journal.verify import Verdict, verify
from support.records import START_NS, chat_record, numbered, with_content

DAY_NS = 86_400_000_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """Twenty rows, the first ten of them signed."""
    one = Store(path, signer=signer_in(path.parent))
    for number in range(20):
        one.append((), [with_content(numbered(number), f"{number} " * 200)])
        if number == 9:
            one.checkpoint()
    yield one
    one.abandon()


def check(path: Path, noted: tuple[int, str] | None = None, checker: Checker | None = None) -> Verdict:
    db = sqlite3.connect(path)
    try:
        return verify(db, checker or checker_of(path.parent / PUBLIC_NAME), noted)
    finally:
        db.close()


def tamper(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as db:
        for statement in statements:
            db.execute(statement)
    db.close()


def test_an_untouched_journal_holds_and_rows_behind_the_last_checkpoint_are_not_wrong(store, path):
    verdict = check(path)
    assert (verdict.wrong, verdict.rows, verdict.seq, verdict.signed_seq) == ("", 20, 20, 10)


def test_a_crash_before_the_checkpoint_is_not_called_tampering(store, path):
    store.abandon()
    again = Store(path, signer=signer_in(path.parent))
    again.append((), [chat_record()])
    again.close()
    assert (check(path).wrong, check(path).signed_seq) == ("", 21)


@pytest.mark.parametrize("column", NAMES)
def test_a_change_of_any_column_is_found(store, path, column):
    kept = {"span_id": "'x'", "trace_id": "'x'"}.get(column, "12345.5")
    tamper(path, f"UPDATE call SET {column} = {kept} WHERE seq = 15")
    verdict = check(path)
    assert verdict.first_wrong_seq == 15
    assert "row 15 was changed" in verdict.wrong


def test_a_change_of_the_record_is_found(store, path):
    tamper(path, "UPDATE record SET body = replace(body, 'openai', 'closedai') WHERE seq = 7")
    assert "row 7 was changed" in check(path).wrong


def test_a_change_of_content_is_found(store, path):
    tamper(path, "UPDATE content SET body = replace(body, '3 3 3', '4 4 4') WHERE last_seq = 4")
    verdict = check(path)
    assert "was changed" in verdict.wrong
    assert verdict.first_wrong_seq == 4


@pytest.mark.parametrize("seq", [1, 7, 15])
def test_a_removed_row_is_found(store, path, seq):
    tamper(path, f"DELETE FROM call WHERE seq = {seq}", f"DELETE FROM record WHERE seq = {seq}")
    verdict = check(path)
    assert (verdict.first_wrong_seq, verdict.wrong) == (seq, f"row {seq} was removed")


def test_a_record_that_was_taken_away_is_found(store, path):
    tamper(path, "DELETE FROM record WHERE seq = 6")
    assert "row 6 was changed: its record was removed" in check(path).wrong


def test_a_tail_that_was_cut_off_behind_a_checkpoint_is_found(store, path):
    tamper(path, "DELETE FROM call WHERE seq > 8", "DELETE FROM record WHERE seq > 8")
    verdict = check(path)
    assert verdict.first_wrong_seq == 9
    assert "rows up to 10 were there" in verdict.wrong


def test_a_tail_that_was_cut_off_is_found_by_what_was_noted_elsewhere(store, path):
    noted = check(path)
    tamper(path, "DELETE FROM call WHERE seq > 15", "DELETE FROM record WHERE seq > 15")
    assert check(path).wrong == ""
    assert check(path, (noted.seq, noted.sha256)).first_wrong_seq == 16


def test_an_inserted_row_is_found(store, path):
    names = ", ".join(NAMES)
    tamper(
        path,
        "UPDATE call SET seq = -seq WHERE seq > 12",
        "UPDATE record SET seq = -seq WHERE seq > 12",
        "UPDATE call SET seq = 1 - seq WHERE seq < 0",
        "UPDATE record SET seq = 1 - seq WHERE seq < 0",
        f"INSERT INTO call (seq, {names}, hash) SELECT 13, {names.replace('span_id', "'forged'", 1)}, hash FROM call WHERE seq = 5",
        "INSERT INTO record SELECT 13, body FROM record WHERE seq = 5",
    )
    verdict = check(path)
    assert verdict.first_wrong_seq == 13


def test_rows_that_changed_places_are_found(store, path):
    swap = "SET seq = CASE seq WHEN 4 THEN -14 WHEN 14 THEN -4 ELSE seq END WHERE seq IN (4, 14)"
    back = "SET seq = -seq WHERE seq < 0"
    tamper(path, f"UPDATE call {swap}", f"UPDATE call {back}", f"UPDATE record {swap}", f"UPDATE record {back}")
    verdict = check(path)
    assert verdict.first_wrong_seq == 4
    assert "moved" in verdict.wrong


def test_a_history_written_anew_with_right_hashes_does_not_meet_the_signature(store, path, tmp_path):
    store.close()
    forged = Store(tmp_path / "forged.sqlite")
    for number in range(20):
        forged.append((), [numbered(number, user_agent="somebody else")])
    forged.close()
    tamper(
        path,
        f"ATTACH '{tmp_path / 'forged.sqlite'}' AS forged",
        "DELETE FROM call",
        "DELETE FROM record",
        "INSERT INTO call SELECT * FROM forged.call",
        "INSERT INTO record SELECT * FROM forged.record",
    )
    verdict = check(path)
    assert "signed" in verdict.wrong
    assert verdict.first_wrong_seq == 10


def test_a_changed_checkpoint_and_one_of_another_key_are_found(store, path, tmp_path):
    tamper(path, "UPDATE checkpoint SET seq = 9")
    assert "signature does not hold" in check(path).wrong
    (tmp_path / "other").mkdir()
    other = signer_in(tmp_path / "other")
    assert "another key" in check(path, checker=other.checker).wrong


def test_a_checkpoint_that_was_taken_out_is_found(store, path):
    for number in (30, 31, 32):
        store.append((), [numbered(number)])
        store.checkpoint()
    tamper(path, "DELETE FROM checkpoint WHERE number = 3")
    assert check(path).wrong == "checkpoint 3 was removed"


def test_what_retention_cut_leaves_a_chain_that_holds(store, path):
    times = [START_NS + number * DAY_NS for number in range(100, 110)]
    for number, at in enumerate(times):
        store.append((), [numbered(100 + number, start_ns=at, end_ns=at)])
    cut = step(store, Keep(days=5), times[-1])
    assert cut.calls == 24
    store.checkpoint()
    verdict = check(path)
    assert (verdict.wrong, verdict.rows, verdict.seq) == ("", 6, 30)
    tamper(path, "DELETE FROM call WHERE seq = 25", "DELETE FROM record WHERE seq = 25")
    assert check(path).wrong == "row 25 was removed"


def test_a_beginning_that_was_cut_by_hand_is_found_though_retention_had_cut_before(store, path):
    step(store, Keep(days=1), START_NS + 10 * DAY_NS)
    assert check(path).rows == 1
    store.append((), [numbered(50)])
    tamper(path, "DELETE FROM call WHERE seq = 20", "DELETE FROM record WHERE seq = 20")
    assert check(path).first_wrong_seq == 20


def test_the_key_is_made_once_for_its_owner_alone_and_is_not_in_the_journal(store, path):
    key = path.parent / KEY_NAME
    assert key.stat().st_mode & 0o077 == 0
    before = key.read_bytes()
    assert signer_in(path.parent).key_id == checker_of(key).key_id == checker_of(path.parent / PUBLIC_NAME).key_id
    assert key.read_bytes() == before
    secret = b"".join(before.splitlines()[1:-1])
    store.close()
    assert secret not in path.read_bytes()


def test_the_lock_is_one_and_ends_with_its_holder(path):
    first = lock(path)
    assert lock(path) is None
    first.release()
    again = lock(path)
    assert again is not None
    again.release()
