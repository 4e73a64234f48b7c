"""The gateway, with its parts on and off."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from agw.fastpath.install import PIECES
from bench_suite.ports import free_port
from bench_suite.processes import OTHER_CORES, PROXY_CORES, ROOT, TWO_CORES, Running
from bench_suite.targets import MITMDUMP, Started, Surroundings, Target, bare, direct

_CONFIG = """\
config:
  adminAddr: "off"
  statsAddr: 127.0.0.1:{stats}
  tracing:
    otlpEndpoint: {collector}
    randomSampling: true
binds:
- port: {port}
  listeners:
  - routes:
    - backends:
      - ai:
          name: provider
          hostOverride: 127.0.0.1:{upstream}
          provider:
            {provider}: {{}}
      policies:
        backendAuth:
          key: sk-bench
{more}"""

_TLS = "        backendTLS: {{root: {certificate}}}\n"
_CONTENT = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_ONLY"}


def gateway(
    name: str,
    says: str,
    *options: str,
    env: Mapping[str, str] | None = None,
    collector: bool = True,
    journal: bool = True,
    tls: bool = False,
    provider: str = "openAI",
    workers: int = 0,
    pin: bool = False,
    cores: Sequence[int] = PROXY_CORES,
    others: Sequence[int] = OTHER_CORES,
    against: str = "bare",
) -> Target:
    def start(around: Surroundings) -> Started:
        port, stats = free_port(), free_port()
        config = around.folder / f"{name}.yaml"
        config.write_text(
            _CONFIG.format(
                port=port,
                stats=stats,
                collector=f"http://127.0.0.1:{around.collector if collector else free_port()}",
                upstream=around.upstream_tls if tls else around.upstream,
                provider=provider,
                more=_TLS.format(certificate=around.certificate) if tls else "",
            )
        )
        # The journal is a real file, and goes with the run.
        state = around.folder / "state" / name if journal else ""
        command = [*_program(workers, pin), *_arguments(around, config=str(config), state=str(state)), *options]
        return Started(Running(command, cores=cores, env=env), port, stats)

    return Target(name, says, start, spans=collector, against=against, others=others)


def _program(workers: int, pin: bool) -> list[str]:
    one = [MITMDUMP, "-s", str(ROOT / "addon" / "agentgateway.py")]
    if not workers:
        return one
    return [sys.executable, str(ROOT / "scripts" / "_workers.py"), *(["--pin"] if pin else []), str(workers), *one]


def _arguments(around: Surroundings, *, config: str, state: str) -> Sequence[str]:
    return (
        *("--set", f"agwconfig={config}", "--set", f"agwstate={state}"),
        # As quiet as bare mitmdump -q is.
        *("--set", "flow_detail=0", "--set", "agwquiet=true", "--set", "agwlog=false"),
        *("--set", f"confdir={around.folder / 'mitmproxy'}"),
    )


def own_targets() -> dict[str, Target]:
    """Every target that needs nothing installed, by name."""
    made = [
        direct(),
        bare(),
        gateway("gateway", "mitmdump with the addon: routing, key injection, usage, a span for every call"),
        gateway("gateway-nofast", "the same without the fast path", "--set", "agwfastpath=false"),
        gateway("gateway-dead", "the same with a collector that is down", collector=False, against="gateway"),
        gateway("gateway-content", "the same with prompts and answers on the span", env=_CONTENT, against="gateway"),
        gateway(
            "gateway-content-dead",
            "prompts and answers, and a collector that is down",
            env=_CONTENT,
            collector=False,
            against="gateway-content",
        ),
        gateway("gateway-nojournal", "calls kept in memory only", journal=False, against="gateway"),
        gateway(
            "gateway-full",
            "a journal at its limit, so that each call cuts another",
            *("--set", "agwkeepmb=1"),
            against="gateway",
        ),
        gateway(
            "gateway-translated",
            "the app speaks Chat Completions, the provider Messages",
            provider="anthropic",
            against="gateway",
        ),
        bare("bare-tls", tls=True),
        gateway("gateway-tls", "TLS to the provider", tls=True, against="bare-tls"),
        gateway("gateway-1core", "one worker, load and provider too, all on one core", others=PROXY_CORES),
        gateway(
            "gateway-2workers",
            "two workers, load and provider too, all on two cores",
            workers=2,
            cores=TWO_CORES,
            others=TWO_CORES,
            against="gateway-1core",
        ),
        gateway(
            "gateway-2pinned",
            "two workers, each kept to a core of its own",
            workers=2,
            pin=True,
            cores=TWO_CORES,
            others=TWO_CORES,
            against="gateway-1core",
        ),
    ]
    made += [
        gateway(f"gateway-no-{piece}", f"without {piece}", env={"AGW_FASTPATH_WITHOUT": piece}, against="gateway")
        for piece in PIECES
    ]
    return {target.name: target for target in made}


def main_targets() -> list[str]:
    """Without those that take a single piece of the fast path out."""
    return [name for name in own_targets() if not name.startswith("gateway-no-")]
