"""kill -9 at any moment: what an append has promised reaches the receiver, and what comes twice is the same call."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agw.journal.opening import NAME
from support.gateway import ROOT
from support.killed_child import POINTS
from support.otlp_receiver import HttpReceiver, attributes_of

CHILD = ROOT / "tests" / "support" / "killed_child.py"
PER_ROUND = 40


class Rounds:
    """Runs of the child on one journal, and what they promised."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self._path = folder / "state" / NAME
        self._endpoint = endpoint
        self.promised: list[int] = []
        self._next = 0

    def run(self, *point: object, kill_after_s: float | None = None, count: int = PER_ROUND) -> None:
        arguments = [str(CHILD), str(self._path), self._endpoint, str(self._next), str(count), *map(str, point)]
        env = {**os.environ, "PYTHONPATH": f"{ROOT / 'addon'}:{ROOT / 'tests'}"}
        self._next += count
        with subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True, env=env) as child:
            timer = None
            assert child.stdout is not None
            for line in child.stdout:
                if line.strip().isdigit():
                    self.promised.append(int(line))
                    if kill_after_s is not None and timer is None:
                        timer = threading.Timer(kill_after_s, child.send_signal, (signal.SIGKILL,))
                        timer.start()
            child.wait(60)
            if timer is not None:
                timer.cancel()

    def check(self, collector: HttpReceiver) -> None:
        """One more run, which is left to end, and then the books must balance."""
        self.run(count=1)
        ids: dict[str, set[bytes]] = {}
        for span in collector.spans:
            ids.setdefault(attributes_of(span)["gen_ai.response.id"], set()).add(span.SerializeToString())
        missing = {str(number) for number in self.promised} - set(ids)
        assert not missing
        assert all(len(same) == 1 for same in ids.values()), "a call came twice and differed"


def test_at_each_point_of_append_send_and_acknowledge(tmp_path):
    with HttpReceiver() as collector:
        rounds = Rounds(tmp_path, collector.endpoint)
        for index, point in enumerate(POINTS):
            rounds.run(point, index % 3 + 1)
        rounds.check(collector)
        assert len(rounds.promised) > len(POINTS)


def test_at_random_moments(tmp_path):
    with HttpReceiver() as collector:
        rounds = Rounds(tmp_path, collector.endpoint)
        for _ in range(5):
            rounds.run(kill_after_s=random.uniform(0.0, 0.12))
        rounds.check(collector)


@pytest.mark.slow
def test_hundreds_of_rounds(tmp_path):
    with HttpReceiver() as collector:
        rounds = Rounds(tmp_path, collector.endpoint)
        for number in range(300):
            if number % 2:
                rounds.run(random.choice(POINTS), random.randint(1, 30))
            else:
                rounds.run(kill_after_s=random.uniform(0.0, 0.15))
        rounds.check(collector)
