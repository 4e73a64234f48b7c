"""What threads cost, as the kernel counts it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bench_suite.threads import Usage, lines, names, usages


def test_a_thread_that_works_costs_and_one_that_waits_does_not() -> None:
    over, ids = threading.Event(), dict[str, int]()

    def note(name: str) -> None:
        ids[name] = threading.get_native_id()

    def work() -> None:
        note("work")
        until = time.thread_time() + 0.2
        while time.thread_time() < until:
            pass
        over.wait()

    def wait() -> None:
        note("wait")
        over.wait()

    running = [threading.Thread(target=one, daemon=True) for one in (work, wait)]
    before = usages([os.getpid()])
    for thread in running:
        thread.start()
    time.sleep(0.5)
    after = usages([os.getpid()])
    over.set()
    for thread in running:
        thread.join()
    assert ids["work"] not in before
    worked, waited = after[ids["work"]], after[ids["wait"]]
    assert worked.user_us + worked.system_us > 50_000
    assert waited.user_us + waited.system_us < 50_000
    assert waited.switches


def test_costs_are_shared_by_the_calls_and_summed_by_name() -> None:
    before = {1: Usage(100.0, 0.0, 5)}
    after = {1: Usage(1100.0, 500.0, 25), 2: Usage(0.0, 100.0, 10), 3: Usage(0.0, 0.0, 0), 4: Usage(0.0, 200.0, 0)}
    told = lines(before, after, {1: "MainThread", 2: "pool", 4: "pool"}, calls=10)
    assert told[1:] == [
        "     100.0      50.0      2.00  MainThread",
        "       0.0      30.0      1.00  pool",
        "",
    ]


def test_without_py_spy_threads_are_called_by_their_ids() -> None:
    own = os.getpid()
    assert names("/nowhere/py-spy", [own])[own] == f"thread {own}"


PY_SPY = Path(sys.executable).parent / "py-spy"
SLEEPS = """
import threading, time
threading.Thread(target=time.sleep, args=(60,), name="agw-sleeper", daemon=True).start()
print("ready", flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not PY_SPY.exists(), reason="py-spy is not installed")
def test_py_spy_tells_pythons_names() -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEPS], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        found = names(str(PY_SPY), [child.pid])
        child.kill()
    if found[child.pid] == f"thread {child.pid}":
        pytest.skip("one process may not look into another here")
    assert sorted(found.values()) == ["MainThread", "agw-sleeper"]
