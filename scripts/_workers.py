"""Runs N gateways on the same ports: ``python scripts/_workers.py [--pin] N COMMAND...``.

Each is a process of its own with its own loop; the kernel spreads connections over them (SO_REUSEPORT).

* A worker that dies is replaced, at once the first time, later after a pause that doubles up to 30 s.
* SIGHUP replaces them one by one: the new one is ready before the old one begins to drain.
* SIGTERM and SIGINT stop all, each after its calls have ended; a second one stops them now.
* ``--pin``: each stays on a core of its own from when it is ready, which saves what moving about costs. Not without
  being asked: Linux (seen with 6.18) can keep a pinned worker from its core for a second or two while a process of
  another session, or another control group, uses all of it.

Their metrics stand in files of a folder of theirs, so that the page of each shows all (telemetry/metrics_shared.py);
so does how their destinations do (destinations/shared.py).

A worker says that it is ready as a systemd service does, through NOTIFY_SOCKET; so does this process in its turn.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from prometheus_client.multiprocess import mark_process_dead

LOOK_S = 0.05
START_S = 60.0
YOUNG_S = 10.0
"""A worker that dies before this age counts as one that does not come up."""
MOST_PAUSE_S = 30.0
LEFT_S = 5.0
"""How long a worker that was killed may take to be gone."""


def say(text: str) -> None:
    print(f"workers: {text}", file=sys.stderr, flush=True)


class Worker:
    """One gateway. ``number`` is its place, 0 to N-1; its successor has the same. ``core`` is where it stays once it
    is ready, None where it may run anywhere."""

    def __init__(self, number: int, command: list[str], folder: Path, core: int | None) -> None:
        self.number = number
        self._core = core
        self.ready = False
        self.born_s = time.monotonic()
        self._folder = str(folder)
        self._path = folder / f"{number}-{time.monotonic_ns()}"
        self._notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notices.bind(str(self._path))
        self._notices.setblocking(False)
        environ = {
            **os.environ,
            "AGW_WORKER": str(number),
            "NOTIFY_SOCKET": str(self._path),
            "PROMETHEUS_MULTIPROC_DIR": str(folder),
        }
        # A session of its own: Ctrl-C reaches this process alone, which then stops its workers in order.
        self.process = subprocess.Popen(command, env=environ, start_new_session=True)

    @property
    def age_s(self) -> float:
        return time.monotonic() - self.born_s

    def look(self) -> int | None:
        """Reads what it has said; its exit status once it has ended."""
        with contextlib.suppress(BlockingIOError):
            while b"READY=1" in self._notices.recv(4096):
                self.ready = True
                self._settle()
        return self.process.poll()

    def _settle(self) -> None:
        # Not before: a start is heavy, and the worker that it replaces still serves on that core.
        if self._core is not None:
            for thread in Path("/proc").glob(f"{self.process.pid}/task/*"):
                with contextlib.suppress(OSError):
                    os.sched_setaffinity(int(thread.name), {self._core})

    def stop(self, number: int = signal.SIGTERM) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    def forget(self) -> None:
        mark_process_dead(self.process.pid, self._folder)  # type: ignore[no-untyped-call]
        for left in Path(self._folder).glob(f"destinations-{self.process.pid}.json*"):
            left.unlink(missing_ok=True)
        self._notices.close()
        self._path.unlink(missing_ok=True)


class Workers:
    """All of them, and those that are on their way out."""

    def __init__(self, command: list[str], folder: Path, cores: Sequence[int | None]) -> None:
        """``cores`` has one for each of them, None where it may run anywhere."""
        count = len(cores)
        self._command, self._folder, self._cores = command, folder, cores
        self._serving: dict[int, Worker] = {}
        self._coming: Worker | None = None
        self._leaving: list[Worker] = []
        self._roll: list[int] = []
        self._deaths = [0] * count
        self._due_s = dict.fromkeys(range(count), 0.0)
        self._was_ready = False
        self._stop = 0
        self.status = 0

    # --- signals: they only leave a mark

    def on_stop(self, *_: int | FrameType | None) -> None:
        self._stop += 1

    def on_roll(self, *_: int | FrameType | None) -> None:
        self._roll = sorted(self._serving)

    # --- the loop

    def run(self) -> int:
        while not self._stop:
            self._look_at_serving()
            self._start_due()
            self._step_roll()
            self._look_at_leaving()
            if not self._was_ready and all(
                number in self._serving and self._serving[number].ready for number in range(len(self._deaths))
            ):
                self._was_ready = True
                say(f"{len(self._deaths)} are ready")
                _notify("READY=1")
            time.sleep(LOOK_S)
        self._stop_all()
        return self.status

    def _start_due(self) -> None:
        for number, due_s in list(self._due_s.items()):
            if time.monotonic() >= due_s and not self._stop:
                del self._due_s[number]
                self._serving[number] = self._begin(number)

    def _begin(self, number: int) -> Worker:
        return Worker(number, self._command, self._folder, self._cores[number])

    def _look_at_serving(self) -> None:
        for number, worker in list(self._serving.items()):
            status = worker.look()
            if status is None:
                if worker.ready and worker.age_s > YOUNG_S:
                    self._deaths[number] = 0
                continue
            worker.forget()
            del self._serving[number]
            if not self._was_ready and not worker.ready:
                # What is wrong at the first start (a config, a port) is wrong for all: they would say it for ever.
                self.status = status or 1
                self._stop = max(self._stop, 1)
                return
            self._deaths[number] += 1
            pause_s = 0.0 if self._deaths[number] == 1 else min(2.0 ** (self._deaths[number] - 2), MOST_PAUSE_S)
            say(f"worker {number} (pid {worker.process.pid}) ended with {status}; a new one comes in {pause_s:g} s")
            self._due_s[number] = time.monotonic() + pause_s

    def _step_roll(self) -> None:
        """One worker after the other: start its successor, and let it go once that one is ready."""
        if self._coming is None:
            if self._roll and self._roll[0] in self._serving:
                self._coming = self._begin(self._roll[0])
            elif self._roll:
                self._roll.pop(0)
            return
        new = self._coming
        status = new.look()
        if status is not None or (not new.ready and new.age_s > START_S):
            say(f"the new worker {new.number} does not come up; those that serve go on")
            new.stop(signal.SIGKILL)
            self._leaving.append(new)
            self._coming, self._roll = None, []
        elif new.ready:
            old = self._serving.get(new.number)
            self._serving[new.number] = new
            self._due_s.pop(new.number, None)
            if old is not None:
                old.stop()
                self._leaving.append(old)
            self._coming, self._roll = None, self._roll[1:]
            say(f"worker {new.number} is replaced (pid {new.process.pid})" + ("" if self._roll else "; all are new"))

    def _look_at_leaving(self) -> None:
        for worker in self._leaving[:]:
            if worker.look() is not None:
                worker.forget()
                self._leaving.remove(worker)

    def _stop_all(self) -> None:
        _notify("STOPPING=1")
        left = [*self._serving.values(), *self._leaving, *([self._coming] if self._coming else [])]
        for worker in left:
            worker.stop()
        told, killed_s = 1, None
        while any(worker.look() is None for worker in left):
            if self._stop > told:
                told = self._stop
                number = signal.SIGTERM if told == 2 else signal.SIGKILL
                for worker in left:
                    worker.stop(number)
                killed_s = time.monotonic() if number == signal.SIGKILL else None
            if killed_s is not None and time.monotonic() - killed_s > LEFT_S:
                break
            time.sleep(LOOK_S)
        for worker in left:
            worker.forget()


def _notify(state: str) -> None:
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address.startswith(("/", "@")):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)


def main() -> None:
    given = sys.argv[1:]
    if pinned := given[0] == "--pin":
        given.pop(0)
    count, command = int(given[0]), given[1:]
    cores: list[int | None] = [None] * count
    if pinned:
        if not hasattr(os, "sched_setaffinity"):
            sys.exit("workers: --pin is for Linux")
        cores = [*sorted(os.sched_getaffinity(0))[:count]]
        if len(cores) < count:
            sys.exit(f"workers: --pin needs a core for each of {count} workers; there are {len(cores)}")
    with tempfile.TemporaryDirectory(prefix="agw-workers-") as folder:
        workers = Workers(command, Path(folder), cores)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, workers.on_stop)
        signal.signal(signal.SIGHUP, workers.on_roll)
        sys.exit(workers.run())


if __name__ == "__main__":
    main()
