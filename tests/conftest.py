"""What the end-to-end tests share: a stand-in provider, a collector, and gateways in processes of their own."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench_suite.ports import free_port
from support.gateway import ROOT, Gateway, Process
from support.otlp_receiver import GrpcReceiver


class Standin:
    """The stand-in provider, and what it saw."""

    def __init__(self, port: int) -> None:
        self.port = port

    def seen(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_standin/requests") as answer:
            return json.load(answer)

    def last(self) -> dict[str, Any]:
        return self.seen()[-1]

    def clear(self) -> None:
        """It keeps a limited number of requests: who counts them begins with none."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/_standin/requests", method="DELETE")
        urllib.request.urlopen(request).close()


@pytest.fixture(scope="session")
def standin() -> Iterator[Standin]:
    with Process(sys.executable, str(ROOT / "scripts" / "standin.py")) as process:
        yield Standin(int(process.wait_for_line(r"^(\d+)$")[1]))


@pytest.fixture
def collector() -> Iterator[GrpcReceiver]:
    with GrpcReceiver() as receiver:
        yield receiver


class Running:
    """A gateway under test: its process, its port, its config."""

    def __init__(self, process: Gateway, port: int, config: Path) -> None:
        self.process = process
        self.port = port
        self.config = config

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


CONFIG = """\
config:
  tracing:
    otlpEndpoint: {collector}
    randomSampling: true
binds:
- port: {port}
  listeners:
  - routes:
    - backends:
      - ai:
          name: openai
          hostOverride: {upstream}
          provider:
            openAI:
              model: gpt-4o-mini
      policies:
        backendAuth:
          key: sk-configured-canary
"""


@pytest.fixture
def gateway(tmp_path: Path, standin: Standin, collector: GrpcReceiver) -> Iterator[Callable[..., Running]]:
    """Starts a gateway on ``text``, with ``{port}``, ``{collector}`` and ``{upstream}`` filled."""
    started: list[Gateway] = []

    def start(text: str = CONFIG, *arguments: str, upstream: str | None = None, **more: Any) -> Running:
        port = free_port()
        config = tmp_path / f"cfg{len(started)}.yaml"
        config.write_text(
            text.replace("{port}", str(port))
            .replace("{collector}", collector.endpoint)
            .replace("{upstream}", upstream or f"127.0.0.1:{standin.port}")
        )
        process = Gateway(config, *arguments, **more)
        started.append(process)
        return Running(process, port, config)

    yield start
    for process in started:
        process.stop()
        assert "Addon error" not in process.output, process.output
        assert "Traceback" not in process.output, process.output
        assert "canary" not in process.output, process.output
