"""The command: what to measure, in which order, and where the figures go."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path

from bench_suite import peers, plot, rounds, table
from bench_suite.gateways import main_targets, own_targets
from bench_suite.measures import Sizes
from bench_suite.processes import OTHER_CORES, PROXY_CORES, BenchError
from bench_suite.profiling import profile
from bench_suite.rounds import PARTS, say
from bench_suite.targets import Target


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often each target is measured (default: 5)")
    parser.add_argument("--quick", action="store_true", help="one short round, for the shape only")
    parser.add_argument(
        "--targets",
        default="direct,bare,gateway",
        help=f"'all' (but single pieces of the fast path), or of: {', '.join(own_targets())}",
    )
    parser.add_argument("--peers", action="store_true", help="nginx, LiteLLM and Portkey too, where they are installed")
    parser.add_argument("--with-litellm", action="store_true", help="install LiteLLM into .bench/, and measure it")
    parser.add_argument(
        "--with-portkey", action="store_true", help="install Portkey into .bench/ (npm), and measure it"
    )
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, of: {', '.join(PARTS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the figures go as JSON as well")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw a picture (PNG) too")
    parser.add_argument("--profile", action="store_true", help="show where a call's time goes in the targets instead")
    given = parser.parse_args()
    known = own_targets()
    names = main_targets() if given.targets == "all" else given.targets.split(",")
    try:
        known |= _peers(given.peers, given.with_litellm, given.with_portkey)
    except BenchError as error:
        sys.exit(f"scripts/bench: {error}")
    names += [name for name in known if name not in own_targets() and name not in names]
    if unknown := [name for name in names if name not in known]:
        parser.error(f"no such target: {', '.join(unknown)}")
    parts = given.only.split(",")
    if unknown := [part for part in parts if part not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}")
    sizes, count = (Sizes.quick(), 1) if given.quick else (Sizes(), given.rounds)
    try:
        if given.profile:
            _profile([known[name] for name in names if name != "direct"], parts, sizes)
            return
        samples = rounds.run([known[name] for name in names], parts, sizes, count)
    except BenchError as error:
        sys.exit(f"scripts/bench: {error}")
    summed = table.summary(samples, {name: target.against for name, target in known.items()})
    conditions = _conditions(count, sizes)
    print("; ".join(f"{name}: {value}" for name, value in conditions.items()))
    print("median; x = times bare mitmdump (or what is named), round by round, with least and greatest;")
    print("+ = added over direct, ms; x_kept = new connections' calls/s, times those on kept ones")
    print("\n".join(table.lines(summed)))
    if given.plot:
        plot.draw(summed, conditions, given.plot)
    if given.json:
        given.json.write_text(json.dumps({"conditions": conditions, "figures": summed, "samples": samples}, indent=1))


def _profile(targets: list[Target], parts: list[str], sizes: Sizes) -> None:
    """Raises BenchError."""
    with rounds.surroundings() as (around, _):
        for target in targets:
            for part in ("json", "streams"):
                if part in parts:
                    print("\n".join(profile(target, around, part == "streams", sizes.seconds)) + "\n")


def _peers(installed: bool, with_litellm: bool, with_portkey: bool) -> dict[str, Target]:
    """Raises BenchError."""
    if with_litellm:
        peers.install_litellm()
    if with_portkey:
        peers.install_portkey()
    wanted = []
    for name, asked, there, target, how in (
        ("nginx", installed, peers.has_nginx(), peers.nginx, "on Debian: apt install nginx-light"),
        ("LiteLLM", installed or with_litellm, peers.has_litellm(), peers.litellm, "--with-litellm installs it"),
        ("Portkey", installed or with_portkey, peers.has_portkey(), peers.portkey, "--with-portkey installs it"),
    ):
        if asked and there:
            wanted.append(target())
        elif asked:
            say(f"{name} is not installed and not measured ({how})")
    return {peer.name: peer for peer in wanted}


def _conditions(count: int, sizes: Sizes) -> dict[str, object]:
    return {
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "mitmproxy": version("mitmproxy"),
        "machine": platform.machine(),
        "proxy cores": PROXY_CORES,
        "other cores": OTHER_CORES,
        "load average": round(os.getloadavg()[0], 1),
        "rounds": count,
        "seconds each": sizes.seconds,
    }


if __name__ == "__main__":
    main()
