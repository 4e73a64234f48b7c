"""The processes of a run: started, pinned to cores, looked at through /proc, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_CORES = sorted(os.sched_getaffinity(0))
PROXY_CORES = _CORES[-1:]
TWO_CORES = _CORES[-2:]
OTHER_CORES = _CORES[:-1] or _CORES
START_S = 60.0


class BenchError(Exception):
    """The benchmark cannot go on; the message is for people."""


def environment() -> dict[str, str]:
    """This machine's, without what would send traffic elsewhere or change what is measured."""
    dropped = ("OTEL_", "OTLP_", "OPENAI_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(dropped)}


class Running:
    """A child process. Its output goes to a file of its own, shown when it does not come up."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        cores: Sequence[int] = OTHER_CORES,
        env: Mapping[str, str] | None = None,
        pipes: bool = False,
    ) -> None:
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 closed in stop()
        self.name = " ".join(command)
        self.popen = subprocess.Popen(
            list(command),
            cwd=ROOT,
            env={**environment(), **(env or {})},
            stdin=subprocess.PIPE if pipes else subprocess.DEVNULL,
            stdout=subprocess.PIPE if pipes else self._log,
            stderr=self._log,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )

    @property
    def pid(self) -> int:
        return self.popen.pid

    def line(self) -> str:
        """The next line of its output; needs ``pipes``. Raises BenchError."""
        assert self.popen.stdout is not None
        if text := self.popen.stdout.readline():
            return text.strip()
        raise BenchError(f"{self.name} ended early:\n{self.log()}")

    def ask(self, text: str = "") -> str:
        assert self.popen.stdin is not None
        self.popen.stdin.write(text + "\n")
        self.popen.stdin.flush()
        return self.line()

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read()[-3000:].decode("utf-8", "replace")

    def wait_for_port(self, port: int) -> None:
        """Raises BenchError."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self.popen.poll() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                return
            time.sleep(0.01)
        raise BenchError(f"port {port} does not open; {self.name} says:\n{self.log()}")

    def pids(self) -> list[int]:
        """Its own and its children's."""
        found, todo = [], [self.pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            with contextlib.suppress(OSError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    todo.extend(int(child) for child in (task / "children").read_text().split())
        return found

    def keep_to(self, cores: Sequence[int]) -> None:
        """From now on it and its children run on ``cores`` only."""
        for pid in self.pids():
            for task in Path("/proc").glob(f"{pid}/task/*"):
                with contextlib.suppress(OSError):
                    os.sched_setaffinity(int(task.name), cores)

    def cpu_s(self) -> float:
        """User and system time since its start, children's too."""
        ticks = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
        return ticks / _TICKS_PER_S

    def rss_mb(self) -> float:
        pages = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def stop(self) -> None:
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(20)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        for pipe in (self.popen.stdin, self.popen.stdout, self._log):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def module(name: str) -> list[str]:
    """The command that runs a module of scripts/."""
    return [sys.executable, "-m", name]
