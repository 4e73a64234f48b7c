"""What is measured: ways from the load generator to the stand-in provider."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench_suite.processes import PROXY_CORES, ROOT, Running, free_port

_MITMDUMP = str(Path(sys.executable).parent / "mitmdump")

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
          hostOverride: 127.0.0.1:{upstream}
          provider:
            openAI: {{}}
      policies:
        backendAuth:
          key: sk-bench
"""


@dataclass(frozen=True)
class Surroundings:
    """Ports of what stands around every proxy, and a folder for its files."""

    upstream: int
    collector: int
    folder: Path


@dataclass
class Target:
    """One way. ``start`` gives the process, None where there is none, and the port."""

    name: str
    says: str
    start: Callable[[Surroundings], tuple[Running | None, int]]
    spans: bool = False
    process: Running | None = field(default=None, init=False)
    port: int = field(default=0, init=False)

    def up(self, around: Surroundings) -> None:
        """Raises BenchError."""
        self.process, self.port = self.start(around)
        if self.process is not None:
            self.process.wait_for_port(self.port)

    def down(self) -> None:
        if self.process is not None:
            self.process.stop()
            self.process = None


def direct() -> Target:
    return Target("direct", "no proxy at all", lambda around: (None, around.upstream))


def bare() -> Target:
    def start(around: Surroundings) -> tuple[Running, int]:
        port = free_port()
        command = [
            *(_MITMDUMP, "--mode", f"reverse:http://127.0.0.1:{around.upstream}@127.0.0.1:{port}", "-q"),
            # Without this mitmproxy holds a stream back until its end, and there would be nothing to compare.
            *("-s", str(ROOT / "scripts" / "bench_suite" / "stream_events.py")),
            *("--set", f"confdir={around.folder / 'mitmproxy'}"),
        ]
        return Running(command, cores=PROXY_CORES), port

    return Target("bare", "mitmdump -q in reverse mode, event streams passed through", start)


def gateway(
    name: str, says: str, *options: str, env: Mapping[str, str] | None = None, collector: bool = True
) -> Target:
    def start(around: Surroundings) -> tuple[Running, int]:
        port = free_port()
        config = around.folder / f"{name}.yaml"
        endpoint = f"http://127.0.0.1:{around.collector if collector else free_port()}"
        config.write_text(CONFIG.format(collector=endpoint, port=port, upstream=around.upstream))
        command = [
            *(_MITMDUMP, "-s", str(ROOT / "addon" / "agentgateway.py"), "--set", f"agwconfig={config}"),
            # As quiet as bare mitmdump -q is.
            *("--set", "flow_detail=0", "--set", "agwquiet=true", "--set", "agwlog=false"),
            *("--set", f"confdir={around.folder / 'mitmproxy'}"),
            *("--set", f"agwstate={around.folder / 'state' / name}"),
            *options,
        ]
        return Running(command, cores=PROXY_CORES, env={**_state(around, name), **(env or {})}), port

    return Target(name, says, start, spans=collector)


def _state(around: Surroundings, name: str) -> dict[str, str]:
    """The journal is a real file, and goes with the run."""
    return {"XDG_STATE_HOME": str(around.folder / f"state-{name}")}


def own_targets() -> dict[str, Target]:
    """Every target that needs nothing installed, by name."""
    made = [
        direct(),
        bare(),
        gateway("gateway", "mitmdump with the addon: routing, key injection, usage, a span for every call"),
        gateway("gateway-nofast", "the same without the fast path", "--set", "agwfastpath=false"),
        gateway("gateway-dead", "the same with a collector that is down", collector=False),
        gateway(
            "gateway-content",
            "the same with prompts and answers on the span",
            env={"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_ONLY"},
        ),
    ]
    made += [
        gateway(f"gateway-no-{piece}", f"without {piece}", env={"AGW_FASTPATH_WITHOUT": piece})
        for piece in ("idle", "inline", "writes", "chunks", "unchecked", "headers")
    ]
    return {target.name: target for target in made}
