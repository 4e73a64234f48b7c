"""What may be wrong with a file: calls go on record or at least on to their destinations, and a person is told once."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess

import pytest

from agw.journal import Keep
from agw.journal.journal import AGAIN_S
from agw.journal.opening import siblings
from support.records import numbered, with_content


def numbers(journal, destination: str = "one") -> list[str]:
    """What a destination still has to send, in its order."""
    return [
        row.record.answer.response_id
        for store in journal.backlogs()
        for row in store.read(destination, store.position(destination), 10_000, 1 << 30)
    ]


def put(journal, *range_of: int) -> None:
    for number in range(*range_of):
        journal.append((), [numbered(number)])


def full(journal) -> None:
    """From now on the disk is full: SQLite says the same where the file may not grow."""
    store = journal.backlogs()[0]
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")


def test_a_new_journal_is_made_with_its_folder_for_its_owner_alone(journal, path):
    put(journal(), 3)
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_restart_goes_on_where_the_last_run_stood(journal):
    one = journal()
    put(one, 5)
    one.backlogs()[0].acknowledge("one", 2)
    one.close()
    assert numbers(journal()) == ["2", "3", "4"]


def test_a_full_disk_is_told_once_and_calls_go_on_in_memory_and_back_to_the_file(journal, clock, path):
    one = journal()
    put(one, 3)
    full(one)
    put(one, 3, 200)
    assert len(one.told) == 1
    assert "cannot be written" in one.told[0]
    assert "full" in one.told[0]
    assert one.path is None
    assert set(numbers(one)) >= {str(number) for number in range(150, 200)}
    clock.now_s += AGAIN_S + 1
    one.idle()
    assert one.path == path
    assert sorted(numbers(one), key=int) == [str(number) for number in range(200)]
    assert "is written again" in one.told[-1]
    one.close()
    assert sorted(numbers(journal()), key=int) == [str(number) for number in range(200)]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one MiB; gives the command that makes it larger."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False)
    if made.returncode != 0:
        pytest.skip("a small file system needs root")
    yield folder, ["mount", "-o", "remount,size=50m", folder]
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.skipif(shutil.which("mount") is None, reason="needs Linux's mount")
def test_a_file_system_that_is_really_full_costs_no_call_and_every_one_is_on_record_once_there_is_room(
    journal, clock, small_disk
):
    folder, enlarge = small_disk
    one = journal(folder / "state" / "journal.sqlite", keep=Keep(0, 0))
    for number in range(2000):
        one.append((), [with_content(numbered(number), f"{number} " * 100)])
    assert one.path is None
    assert one.lost == 0
    clock.now_s += AGAIN_S + 1
    one.idle()
    assert one.path is None, "still full"
    subprocess.run(enlarge, check=True)
    clock.now_s += AGAIN_S + 1
    one.idle()
    assert sorted(map(int, numbers(one))) == list(range(2000))
    assert [("cannot be written" in told, "written again" in told) for told in one.told] == [
        (True, False),
        (False, True),
    ]
    one.close()


def test_what_was_sent_from_memory_is_not_sent_again_from_the_file(journal, clock):
    one = journal()
    full(one)
    for number in range(60):
        one.append((), [with_content(numbered(number), f"{number} " * 500)])
    spare = one.backlogs()[-1]
    held = [row.record.answer.response_id for row in spare.read("one", 0, 1000, 1 << 30)]
    spare.acknowledge("one", 3)
    clock.now_s += AGAIN_S + 1
    one.idle()
    left = numbers(one)
    assert held[:3] and not set(held[:3]) & set(left)
    assert set(held[3:]) <= set(left)


def test_a_folder_that_cannot_be_made_leaves_memory_and_is_told(journal, tmp_path):
    (tmp_path / "file").write_text("")
    one = journal(tmp_path / "file" / "journal.sqlite")
    put(one, 3)
    assert "cannot be written" in one.told[0]
    assert numbers(one) == ["0", "1", "2"]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_folder_leaves_memory_and_is_told(journal, path):
    path.parent.mkdir(parents=True)
    path.parent.chmod(0o500)
    one = journal()
    put(one, 3)
    assert len(one.told) == 1
    assert numbers(one) == ["0", "1", "2"]
    path.parent.chmod(0o700)


def test_without_a_folder_nothing_is_written_and_what_fits_in_memory_waits(journal, path):
    one = journal(None)
    put(one, 3)
    assert numbers(one) == ["0", "1", "2"]
    assert not path.parent.exists()
    assert one.told == []


def damaged(path, how: str) -> None:
    data = bytearray(path.read_bytes())
    if how == "truncated":
        del data[len(data) // 2 :]
    elif how == "flipped":
        for at in range(4096, len(data), 4096):
            data[at : at + 64] = bytes(byte ^ 0xFF for byte in data[at : at + 64])
    elif how == "header":
        data[:60] = b"\0" * 60
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("how", ["truncated", "flipped", "header"])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(journal, path, how):
    before = journal()
    put(before, 300)
    before.close()
    damaged(path, how)
    held = path.read_bytes()
    one = journal()
    put(one, 300, 303)
    assert numbers(one) == ["300", "301", "302"]
    (told,) = one.told
    (aside,) = path.parent.glob("*.damaged-*")
    assert aside.name in told
    assert aside.read_bytes() == held, "nothing was thrown away"


def test_a_page_that_goes_bad_while_the_gateway_runs_is_noticed_by_a_reader(journal, path):
    before = journal()
    put(before, 2000)
    before.close()
    one = journal()
    for at in range(8192, path.stat().st_size, 4096):
        with path.open("r+b") as file:
            file.seek(at)
            file.write(b"\xff" * 64)
    numbers(one)
    one.idle()
    assert "damaged" in one.told[0]
    put(one, 2000, 2003)
    assert numbers(one)[-3:] == ["2000", "2001", "2002"]


@pytest.mark.parametrize("kind", ["text", "database", "newer"])
def test_somebody_elses_file_is_left_as_it_is(journal, path, kind):
    path.parent.mkdir(parents=True)
    if kind == "text":
        path.write_text("my notes")
    else:
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE recipes (name)")
            if kind == "newer":
                db.execute("PRAGMA application_id = 1095194417")
                db.execute("PRAGMA user_version = 9999")
        db.close()
    held = path.read_bytes()
    one = journal()
    put(one, 3)
    assert numbers(one) == ["0", "1", "2"]
    assert path.read_bytes() == held
    assert one.path == path.with_name("journal-2.sqlite")
    assert "left as it is" in one.told[0]


def test_a_second_gateway_has_a_file_of_its_own_and_says_so_once(journal, path):
    first, second = journal(), journal()
    put(first, 2)
    put(second, 10, 12)
    assert first.told == []
    assert len(second.told) == 1
    assert "journal-2.sqlite" in second.told[0]
    assert (numbers(first), numbers(second)) == (["0", "1"], ["10", "11"])
    assert siblings(path) == [path, path.with_name("journal-2.sqlite")]


def test_what_a_second_gateway_had_not_sent_is_sent_by_the_next_start(journal, clock, path):
    first, second = journal(), journal()
    put(second, 10, 12)
    second.close()
    first.close()
    one = journal()
    assert numbers(one) == ["10", "11"]
    store = one.backlogs()[0]
    store.acknowledge("one", store.newest())
    one.idle()
    assert [backlog.path for backlog in one.backlogs()] == [path, None]


def test_another_program_that_holds_the_file_for_a_while_costs_no_call(journal, clock, path, monkeypatch):
    one = journal()
    put(one, 2)
    one.backlogs()[0]._db.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    put(one, 2, 4)
    other.rollback()
    other.close()
    clock.now_s += AGAIN_S + 1
    one.idle()
    assert numbers(one) == ["0", "1", "2", "3"]
