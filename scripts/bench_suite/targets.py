"""What is measured: ways from the load generator to the stand-in provider."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench_suite.load import Load
from bench_suite.ports import free_port
from bench_suite.processes import OTHER_CORES, PROXY_CORES, ROOT, Running

MITMDUMP = str(Path(sys.executable).parent / "mitmdump")


@dataclass(frozen=True)
class Surroundings:
    """What stands around every proxy: its processes and their ports, the certificate of the provider's TLS port, a
    folder for files."""

    upstream: int
    upstream_tls: int
    certificate: Path
    collector: int
    folder: Path
    processes: tuple[Running, ...]

    def keep_to(self, cores: Sequence[int]) -> None:
        for process in self.processes:
            process.keep_to(cores)


@dataclass(frozen=True)
class Started:
    """``process`` is None where there is none; ``stats`` is the port of a gateway's metrics page, 0 where there is
    none."""

    process: Running | None
    port: int
    stats: int = 0


@dataclass
class Target:
    """One way. ``against`` names the target that it is compared with; ``headers`` go with each call. What a ``peer``
    cannot do is not measured, and ends nothing. ``others`` are the cores of provider, collector and load generator."""

    name: str
    says: str
    start: Callable[[Surroundings], Started]
    spans: bool = False
    against: str = "bare"
    peer: bool = False
    others: Sequence[int] = field(default_factory=lambda: OTHER_CORES)
    headers: Mapping[str, str] = field(default_factory=dict)
    process: Running | None = field(default=None, init=False)
    port: int = field(default=0, init=False)
    stats: int = field(default=0, init=False)

    def up(self, around: Surroundings) -> None:
        """Raises BenchError."""
        started = self.start(around)
        self.process, self.port, self.stats = started.process, started.port, started.stats
        if self.process is not None:
            self.process.wait_for_port(self.port)

    def down(self) -> None:
        if self.process is not None:
            self.process.stop()
            self.process = None

    def load(self, **what: Any) -> Load:
        return Load(self.port, headers=dict(self.headers), **what)


def direct() -> Target:
    return Target("direct", "no proxy at all", lambda around: Started(None, around.upstream))


def bare(name: str = "bare", *, tls: bool = False) -> Target:
    def start(around: Surroundings) -> Started:
        port = free_port()
        upstream = f"https://127.0.0.1:{around.upstream_tls}" if tls else f"http://127.0.0.1:{around.upstream}"
        command = [
            *(MITMDUMP, "--mode", f"reverse:{upstream}@127.0.0.1:{port}", "-q"),
            # Without this mitmproxy holds a stream back until its end, and there would be nothing to compare.
            *("-s", str(ROOT / "scripts" / "bench_suite" / "stream_events.py")),
            *("--set", f"confdir={around.folder / 'mitmproxy'}"),
            *("--set", f"ssl_verify_upstream_trusted_ca={around.certificate}"),
        ]
        return Started(Running(command, cores=PROXY_CORES), port)

    says = "mitmdump -q in reverse mode, event streams passed through"
    return Target(name, f"{says}, TLS to the provider" if tls else says, start)
