"""A real gateway for the tests: mitmdump or mitmweb in a process of its own, on ports that nobody else has."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_S = 30.0


class Process:
    """A child process whose output is kept, line by line."""

    def __init__(self, *command: str, env: dict[str, str] | None = None) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self.popen = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd=ROOT,
            env={**_clean_environment(), **(env or {})},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def wait_for_line(self, pattern: str, timeout_s: float = START_S, since: int = 0) -> re.Match[str]:
        """The first line from ``since`` on in which ``pattern`` is found."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while True:
                for line in self.lines[since:]:
                    if found := re.search(pattern, line):
                        return found
                left = deadline - time.monotonic()
                if left <= 0 or (self.popen.poll() is not None and not self._reader.is_alive()):
                    raise AssertionError(f"no line with {pattern!r} in:\n{self.output}")
                self._changed.wait(min(left, 0.2))

    def wait(self, timeout_s: float = START_S) -> int:
        status = self.popen.wait(timeout_s)
        self._reader.join(5)
        return status

    def stop(self, timeout_s: float = 20.0) -> int:
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
        try:
            return self.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            return self.wait()

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Gateway(Process):
    """``mitmdump`` (or another mitmproxy tool) with the addon on one config file."""

    def __init__(
        self,
        config: Path,
        *arguments: str,
        tool: str = "mitmdump",
        env: dict[str, str] | None = None,
        ready: bool = True,
        state: str | None = None,
        folder: Path | None = None,
    ) -> None:
        """``folder`` is for what the gateway writes, where the config's own is not one to write to."""
        folder = folder or config.parent
        self.config = config
        super().__init__(
            str(Path(sys.executable).parent / tool),
            "-s",
            "addon/agentgateway.py",
            "--set",
            f"agwconfig={config}",
            "--set",
            "confdir=" + str(folder / "mitmproxy"),
            "--set",
            f"agwstate={folder / 'state' if state is None else state}",
            *arguments,
            env={"AGW_STRICT": "1", "STATS_ADDR": "off", **(env or {})},
        )
        if ready:
            try:
                self.wait_for_line(r"AI gateway listening at")
            except BaseException:
                self.stop()
                raise


def _clean_environment() -> dict[str, str]:
    """The machine's environment without what would change what is tested: proxies, keys, OTEL settings."""
    dropped = ("PYTEST_", "OTEL_", "OTLP_", "OPENAI_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(dropped)}
    return {**kept, "PYTHONUNBUFFERED": "1"}
