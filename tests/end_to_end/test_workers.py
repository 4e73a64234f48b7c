"""Several gateways on the same ports: spread, replaced when one dies, exchanged one by one, stopped after their calls."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench_suite.ports import free_port
from conftest import CONFIG, Standin
from support.gateway import ROOT, Process
from support.otlp_receiver import GrpcReceiver


class Service:
    """The supervisor, its port and its workers."""

    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self.port = port

    def ask(self, model: str = "m", **more: Any) -> dict[str, Any]:
        """One call on a connection of its own; waits for the whole answer."""
        body = {"model": model, "messages": [{"role": "user", "content": "Hi"}], **more}
        url = f"http://127.0.0.1:{self.port}/v1/chat/completions"
        with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode()), timeout=30) as answer:
            return json.load(answer)

    def pids(self) -> set[int]:
        children = Path(f"/proc/{self.process.popen.pid}/task/{self.process.popen.pid}/children").read_text().split()
        return {int(pid) for pid in children}


@pytest.fixture
def service(tmp_path: Path, standin: Standin, collector: GrpcReceiver) -> Iterator[Callable[..., Service]]:
    started: list[Process] = []

    def start(
        count: int = 2,
        text: str = CONFIG,
        ready: bool = True,
        stats: str = "off",
        admin: str = "off",
        pin: bool = False,
    ) -> Service:
        port = free_port()
        config = tmp_path / "cfg.yaml"
        # The model stays the client's, since it tells the stand-in what to do.
        text = text.replace("openAI:\n              model: gpt-4o-mini", "openAI: {}")
        config.write_text(
            text.replace("{port}", str(port))
            .replace("{collector}", collector.endpoint)
            .replace("{upstream}", f"127.0.0.1:{standin.port}")
        )
        mitmdump = str(Path(sys.executable).parent / "mitmdump")
        process = Process(
            sys.executable, "scripts/_workers.py", *(["--pin"] if pin else []), str(count), mitmdump, "-s", str(ROOT / "addon/agentgateway.py"),
            "--set", f"agwconfig={config}", "--set", f"confdir={tmp_path / 'mitmproxy'}",
            "--set", f"agwstate={tmp_path / 'state'}",
            env={"AGW_STRICT": "1", "STATS_ADDR": stats, "ADMIN_ADDR": admin},
        )  # fmt: skip
        started.append(process)
        if ready:
            process.wait_for_line(r"workers: \d+ are ready")
        return Service(process, port)

    yield start
    for process in started:
        process.stop(40)
        assert "Traceback" not in process.output, process.output
        assert "Addon error" not in process.output, process.output


def test_connections_are_spread_over_the_workers(service: Any, collector: GrpcReceiver) -> None:
    running = service(2)
    for _ in range(40):
        assert running.ask()["usage"]
    assert len(collector.wait_for(40)) == 40
    busy = [pid for pid in running.pids() if _cpu_ticks(pid)]
    assert len(busy) == 2


@pytest.fixture
def cores() -> Iterator[set[int]]:
    """At most two, of this thread and of what it starts."""
    all_of_them = os.sched_getaffinity(0)
    few = set(sorted(all_of_them)[:2])
    os.sched_setaffinity(0, few)
    yield few
    os.sched_setaffinity(0, all_of_them)


def _own_cores(pids: set[int]) -> set[frozenset[int]]:
    return {frozenset(os.sched_getaffinity(pid)) for pid in pids}


def test_pinned_workers_stay_on_a_core_of_their_own_and_so_do_those_that_follow(cores: set[int], service: Any) -> None:
    running = service(len(cores), pin=True)
    before = running.pids()
    assert _own_cores(before) == {frozenset({core}) for core in cores}
    running.process.popen.send_signal(signal.SIGHUP)
    running.process.wait_for_line("all are new", 60)
    assert _own_cores(running.pids() - before) == {frozenset({core}) for core in cores}


def test_pinning_more_workers_than_there_are_cores_is_refused(cores: set[int], service: Any) -> None:
    running = service(len(cores) + 1, pin=True, ready=False)
    running.process.wait_for_line(f"needs a core for each of {len(cores) + 1} workers; there are {len(cores)}")
    assert running.process.popen.wait(10) == 1


def test_others_may_run_anywhere(cores: set[int], service: Any) -> None:
    assert _own_cores(service(len(cores)).pids()) == {frozenset(cores)}


def _cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_a_worker_that_dies_is_replaced_and_the_others_go_on(service: Any) -> None:
    running = service(2)
    before = running.pids()
    os.kill(min(before), signal.SIGKILL)
    running.process.wait_for_line(r"ended with -9; a new one comes in 0 s")
    assert running.ask()["choices"]
    deadline = time.monotonic() + 20
    while len(running.pids() - before) < 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert max(before) in running.pids()
    assert len(running.pids()) == 2


def test_a_reload_exchanges_all_without_a_call_that_fails(service: Any) -> None:
    running = service(2)
    before = running.pids()
    failed: list[str] = []
    over = threading.Event()

    def keep_asking() -> None:
        while not over.is_set():
            try:
                running.ask("standin-delay-ms-50")
            except (OSError, urllib.error.HTTPError) as error:
                failed.append(repr(error))

    askers = [threading.Thread(target=keep_asking) for _ in range(3)]
    for asker in askers:
        asker.start()
    running.process.popen.send_signal(signal.SIGHUP)
    running.process.wait_for_line("all are new", 60)
    over.set()
    for asker in askers:
        asker.join()
    # A connection that the kernel has queued for a port that closes is reset: at most one for each worker.
    assert len(failed) <= 2, failed
    deadline = time.monotonic() + 20
    while running.pids() & before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not running.pids() & before
    assert len(running.pids()) == 2


def test_a_stop_waits_for_the_calls_under_way(service: Any, collector: GrpcReceiver) -> None:
    running = service(2)
    answers: list[dict[str, Any]] = []
    asker = threading.Thread(target=lambda: answers.append(running.ask("standin-delay-ms-1500")))
    asker.start()
    time.sleep(0.5)
    assert running.process.stop(30) == 0
    asker.join()
    assert answers[0]["choices"]
    assert len(collector.wait_for(1)) == 1


def _metrics(port: int) -> dict[str, float]:
    """Each metric's sum over its series."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    found: dict[str, float] = {}
    for line in lines:
        if not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            name = name.partition("{")[0]
            found[name] = found.get(name, 0.0) + float(value)
    return found


def _settled(port: int, name: str, wanted: float) -> float:
    deadline = time.monotonic() + 15
    while (value := _metrics(port).get(name, -1.0)) != wanted and time.monotonic() < deadline:
        time.sleep(0.1)
    return value


def test_the_metrics_page_of_each_worker_shows_all_of_them_and_never_counts_backwards(service: Any) -> None:
    first = free_port()
    running = service(2, stats=f"127.0.0.1:{first}")
    for _ in range(20):
        running.ask()
    requests, tokens = "agentgateway_requests_total", "agentgateway_gen_ai_client_token_usage_count"
    assert _settled(first, requests, 20) == _settled(first + 1, requests, 20) == 20
    assert _metrics(first)[tokens] == _metrics(first + 1)[tokens] > 0
    assert _settled(first, "agentgateway_calls_under_way", 0) == 0
    assert _settled(first, "agentgateway_destination_sent_total", 20) == 20
    before = running.pids()
    os.kill(min(before), signal.SIGKILL)
    running.process.wait_for_line(r"ended with -9; a new one comes in 0 s")
    deadline = time.monotonic() + 20
    while len(running.pids()) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    running.ask()
    port = first if _answers(first) else first + 1
    assert _settled(port, requests, 21) == 21


def _answers(port: int) -> bool:
    try:
        return bool(_metrics(port))
    except OSError:
        return False


def _destinations(port: int, wanted: Callable[[list[dict[str, Any]]], object]) -> list[dict[str, Any]]:
    """The admin page's, once they are as they should be, or what they were after a while."""
    deadline = time.monotonic() + 20
    rows: list[dict[str, Any]] = []
    while not wanted(rows) and time.monotonic() < deadline:
        time.sleep(0.1)
        # Closed while a worker changes hands.
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/destinations") as answer,
        ):
            rows = json.load(answer)
    return rows


def _pids(rows: list[dict[str, Any]]) -> set[int]:
    return {row.get("pid", 0) for row in rows}


def test_the_admin_page_shows_the_destinations_of_all_workers_and_forgets_those_that_are_gone(service: Any) -> None:
    port = free_port()
    running = service(2, admin=f"127.0.0.1:{port}")
    for _ in range(20):
        running.ask()
    rows = _destinations(port, lambda rows: sum(row["sent"] for row in rows) == 20)
    assert {(row["worker"], row["name"] == rows[0]["name"]) for row in rows} == {(0, True), (1, True)}
    assert all(row["sent"] for row in rows)
    assert _pids(rows) == running.pids()
    killed = next(row["pid"] for row in rows if row["worker"] == 1)
    os.kill(killed, signal.SIGKILL)
    assert killed not in (after := _pids(_destinations(port, lambda rows: len(_pids(rows) - {0, killed}) == 2)))
    assert after == running.pids()
    running.process.popen.send_signal(signal.SIGHUP)
    running.process.wait_for_line("all are new", 60)
    # The page is the first worker's, and passes to its successor.
    assert _pids(_destinations(port, lambda rows: len(_pids(rows) - after) == 2)) == running.pids()


def test_one_worker_alone_shows_its_destinations_as_a_gateway_does(service: Any) -> None:
    port = free_port()
    service(1, admin=f"127.0.0.1:{port}")
    assert "worker" not in _destinations(port, bool)[0]


def test_what_is_wrong_at_the_first_start_is_told_and_ends_it(service: Any) -> None:
    running = service(2, "binds: [{port: 3000, listenerz: []}]\n", ready=False)
    assert running.process.wait() != 0
    assert re.search(r"listenerz: unknown key", running.process.output)
    assert "a new one comes" not in running.process.output
