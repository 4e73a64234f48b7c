"""A day in minutes: mixed traffic and saved configs leave nothing behind, and each call is on record once.

AGW_SOAK_S is how many seconds the long form takes (600). A day of one call a second is some 86,400 calls: about what
ten minutes bring.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import time
from contextlib import closing

import pytest

from bench_suite.measures import settled_spans
from bench_suite.processes import Running as Child
from bench_suite.processes import module
from conftest import CONFIG
from support.gateway import ROOT
from support.large_bodies import open_files, rss_mb
from support.mixed_traffic import MixedTraffic, Saves

# The model stays the client's, since it tells the stand-in what to do.
TEXT = CONFIG.replace("openAI:\n              model: gpt-4o-mini", "openAI: {}")
LOOK_S = 0.25
CLIENTS = 8


@pytest.fixture
def counting():
    """A collector that only counts: the others keep every span."""
    child = Child(module("bench_suite.receiver"), env={"PYTHONPATH": str(ROOT / "scripts")}, pipes=True)
    yield child, int(child.line())
    child.stop()


@pytest.mark.parametrize(
    "seconds", [20.0, pytest.param(float(os.environ.get("AGW_SOAK_S", "600")), marks=pytest.mark.slow)]
)
def test_mixed_traffic_leaves_nothing_behind_and_one_record_for_each_call(gateway, counting, seconds):
    child, collector = counting
    running = gateway(TEXT.replace("{collector}", f"http://127.0.0.1:{collector}"))
    pid = running.process.popen.pid
    seen: list[tuple[float, int]] = []
    saves = Saves(running.config, every_s=max(1.5, seconds / 100))
    with MixedTraffic(running.port, CLIENTS) as traffic:
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            time.sleep(LOOK_S)
            saves.step()
            seen.append((rss_mb(pid), open_files(pid)))
    assert not traffic.wrong, traffic.wrong[:10]
    calls = traffic.made.total()
    assert calls > 20 * seconds
    assert saves.count > 5
    assert running.process.output.count("config reloaded") > 5
    _, second, third = (seen[at : at + len(seen) // 3] for at in (0, len(seen) // 3, 2 * (len(seen) // 3)))
    # The first third warms caches up.
    growth_mb = statistics.median(rss for rss, _ in third) - statistics.median(rss for rss, _ in second)
    assert growth_mb < 6, f"MB over a third of {calls} calls"
    files = [statistics.median(files for _, files in part) for part in (second, third)]
    assert files[1] - files[0] < CLIENTS, files
    assert settled_spans(child, calls) == calls
    assert running.process.stop() == 0
    with closing(sqlite3.connect(running.config.parent / "state" / "journal.sqlite")) as journal:
        recorded, ids, left, broken = journal.execute(
            "SELECT count(*), count(DISTINCT id), sum(error_type = 'client_disconnected'),"
            " sum(error_type = 'upstream_disconnected') FROM calls"
        ).fetchone()
    assert (recorded, ids) == (calls, calls)
    assert left == traffic.made["left"]
    assert broken == traffic.made["broken"]
