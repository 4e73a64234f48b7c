"""How all workers' destinations do (with real workers: end_to_end/test_workers.py)."""

from __future__ import annotations

import json
import os
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest

from agw.destinations.base import DeliveryStats
from agw.destinations.shared import MAX_CHARS, MAX_DESTINATIONS, SILENT_S, WrittenStats, of_all

A = DeliveryStats("a", "http://a:4318", 5, 1, 0, 0, 0.5, 0, "")
B = replace(A, name="b", place="http://b:4318", failures=2, last_error="HTTP 503")


def other(folder: Path, pid: int, worker: int, *stats: DeliveryStats, age_s: float = 0.0) -> None:
    """What another process would have left."""
    written = WrittenStats(str(folder), lambda: stats)
    written.close()
    own = folder / f"destinations-{os.getpid()}.json"
    path = folder / f"destinations-{pid}.json"
    path.write_text(json.dumps({**json.loads(own.read_text()), "worker": worker}))
    own.unlink()
    os.utime(path, (time.time() - age_s,) * 2)


def test_a_gateway_that_is_alone_says_no_more_than_before(tmp_path: Path) -> None:
    alone = of_all(None, (A, B))
    assert [row["name"] for row in alone] == ["a", "b"]
    assert not {"worker", "pid", "silent_s"} & alone[0].keys()
    assert of_all(str(tmp_path), (A, B)) == alone


def test_each_destination_has_a_row_for_each_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGW_WORKER", "1")
    other(tmp_path, 1, 0, A, B)
    rows = of_all(str(tmp_path), (A, B))
    assert [(row["name"], row["worker"], row["pid"]) for row in rows] == [
        ("a", 0, 1),
        ("a", 1, os.getpid()),
        ("b", 0, 1),
        ("b", 1, os.getpid()),
    ]
    assert rows[2] == {**rows[3], "worker": 0, "pid": 1}


def test_a_worker_that_no_longer_writes_is_told_and_one_whose_file_is_gone_is_not(tmp_path: Path) -> None:
    other(tmp_path, 1, 1, A, age_s=SILENT_S + 60)
    other(tmp_path, 2, 2, A)
    silent = {row["pid"]: row["silent_s"] for row in of_all(str(tmp_path), (A,))}
    assert silent.pop(1) > SILENT_S
    assert silent == {2: None, os.getpid(): None}
    (tmp_path / "destinations-1.json").unlink()
    assert {row["pid"] for row in of_all(str(tmp_path), (A,))} == {2, os.getpid()}


def test_a_file_is_bounded_and_for_its_owner_only(tmp_path: Path) -> None:
    many = tuple(replace(A, name=f"{number}", last_error="x" * 10_000) for number in range(MAX_DESTINATIONS * 2))
    WrittenStats(str(tmp_path), lambda: many).close()
    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    said = json.loads(path.read_text())["destinations"]
    assert len(said) == MAX_DESTINATIONS
    assert {len(one["last_error"]) for one in said} == {MAX_CHARS}


def test_a_folder_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    written = WrittenStats(str(tmp_path / "missing"), lambda: (A,))
    written.close()
    assert of_all(str(tmp_path / "missing"), (A,)) == of_all(None, (A,))
