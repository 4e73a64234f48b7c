"""A real Arize Phoenix, from PyPI, in a virtual environment of its own that outlives the tests (800 MB, a minute).

``AGW_TEST_CACHE`` names the folder for it, else ``~/.cache/agw-tests``.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench_suite.ports import free_port
from support.gateway import Process

VERSION = "20.26.1"
INSTALL_S, START_S = 900, 120
_SPANS = """
query ($name: String!) {
  getProjectByName(name: $name) {
    spans(first: 50) {
      edges {
        node {
          spanId name statusCode statusMessage spanKind attributes
          tokenCountTotal tokenCountPrompt tokenCountCompletion
          costSummary { total { cost } }
          input { value } output { value }
          events { name message }
          spanAnnotations { name score label explanation annotatorKind identifier }
        }
      }
    }
  }
}
"""


class CannotInstall(Exception):
    """Says why."""


def installed() -> Path:
    """The ``phoenix`` command. Raises CannotInstall."""
    cache = Path(os.environ.get("AGW_TEST_CACHE") or Path.home() / ".cache" / "agw-tests")
    home = cache / f"phoenix-{VERSION}"
    command, done = home / "bin" / "phoenix", home / "installed"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(home, ignore_errors=True)
                subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, timeout=INSTALL_S)
                pip = [str(home / "bin" / "python"), "-m", "pip", "install", "-q", f"arize-phoenix=={VERSION}"]
                subprocess.run(pip, check=True, capture_output=True, timeout=INSTALL_S)
                done.touch()
    except (OSError, subprocess.SubprocessError) as error:
        raise CannotInstall(f"arize-phoenix {VERSION} cannot be installed ({type(error).__name__})") from None
    return command


class Phoenix:
    """A running server. ``spans`` reads a project back through its API."""

    def __init__(self, process: Process, http: int, grpc: int) -> None:
        self.process = process
        self.endpoint = f"http://127.0.0.1:{http}"
        self.grpc_endpoint = f"http://127.0.0.1:{grpc}"

    def spans(self, project: str, ready: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """The spans of a project once ``ready`` says so, each with ``attributes`` parsed."""
        until = time.monotonic() + 60
        while True:
            body = json.dumps({"query": _SPANS, "variables": {"name": project}}).encode()
            headers = {"content-type": "application/json"}
            with urllib.request.urlopen(urllib.request.Request(f"{self.endpoint}/graphql", body, headers)) as answer:
                told = json.load(answer)
            found = (told.get("data") or {}).get("getProjectByName") or {"spans": {"edges": []}}
            spans = [edge["node"] for edge in found["spans"]["edges"]]
            for span in spans:
                span["attributes"] = json.loads(span["attributes"])
            if ready(spans):
                return spans
            assert time.monotonic() < until, (told.get("errors"), spans)
            time.sleep(0.5)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Phoenix]:
    """Raises CannotInstall."""
    http, grpc = free_port(), free_port()
    environ = {
        "PHOENIX_WORKING_DIR": str(folder),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(http),
        "PHOENIX_GRPC_PORT": str(grpc),
        "PHOENIX_TELEMETRY_ENABLED": "false",
        "PHOENIX_ALLOW_EXTERNAL_RESOURCES": "false",
    }
    with Process(str(installed()), "serve", env=environ) as process:
        until = time.monotonic() + START_S
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{http}/healthz", timeout=5).close()
                break
            except (urllib.error.URLError, OSError):
                assert process.popen.poll() is None and time.monotonic() < until, process.output
                time.sleep(0.5)
        yield Phoenix(process, http, grpc)
