"""``agw export``."""

from __future__ import annotations

import argparse
import os
import sys
import time

from agw.cli.arguments import Commands, add_journal, add_which, command, files_of, which_of
from agw.cli.progress import Progress
from agw.config import load
from agw.config.snapshot import Destination
from agw.destinations.base import Receiver
from agw.destinations.otlp import OtlpReceiver
from agw.destinations.receivers import receivers
from agw.destinations.worker import Worker
from agw.errors import ConfigError
from agw.journal.period import Period

_HELP = """\
Sends a period of the journal again, or to a new place: to a destination of a config by its name, or to the address of
an OTLP collector. Ids are the calls' own, so a platform that knows them keeps each once (Langfuse, Phoenix); a plain
collector does not. A receiver that fails is tried again; Ctrl-C ends it.

  agw export --to http://localhost:4318 --since 7d
  agw export --to langfuse --config cfg.yaml --since 2026-11-01 --until 2026-11-02
  agw export --to tracing --config cfg.yaml --model 'gpt-4o*'
"""
_LOOK_S = 0.1


def add(commands: Commands) -> None:
    one = command(commands, "export", "send a period (again), with a progress bar", _HELP, run)
    add_journal(one)
    add_which(one, None)
    one.add_argument("--to", required=True, metavar="DEST", help="a destination's name in the config, or an address")
    one.add_argument("--config", metavar="FILE", help="the config that has the destination")
    one.add_argument("--protocol", choices=("grpc", "http"), help="of an address (default: by its port, 4317 is gRPC)")


def run(given: argparse.Namespace) -> int:
    receiver = _receiver(given)
    if receiver is None:
        return 2
    period = Period(files_of(given), which_of(given))
    total = period.newest()
    if total == 0:
        print("no calls in this period")
        return 0
    progress = Progress(receiver.place, total)
    worker = Worker(receiver, lambda: [period], environ=os.environ, on_trouble=_tell, linger_s=0.0)
    worker.wake()
    try:
        while period.position(receiver.name) < total:
            progress.at(period.position(receiver.name))
            time.sleep(_LOOK_S)
        progress.end()
    finally:
        stats = worker.stats()
        left = total - period.position(receiver.name)
        worker.close(0.0 if left else 5.0)
        told = [f"{stats.sent} of {total} calls sent to {receiver.place}"]
        told += [f"{stats.parked} refused"] * bool(stats.parked) + [f"{stats.dropped} lost there"] * bool(stats.dropped)
        told += [f"{left} not tried"] * bool(left)
        print(", ".join(told))
        for reason, count in period.reasons().items():
            print(f"  {count} refused: {reason}", file=sys.stderr)
    return 1 if stats.parked or stats.dropped or left else 0


def _receiver(given: argparse.Namespace) -> Receiver | None:
    if "://" in given.to:
        scheme, _, rest = given.to.partition("://")
        netloc, slash, path = rest.partition("/")
        if scheme not in ("http", "https") or not netloc or "@" in netloc:
            print("write an address as http://HOST:PORT or https://HOST:PORT/PATH", file=sys.stderr)
            return None
        protocol = given.protocol or ("grpc" if netloc.endswith(":4317") else "http")
        return OtlpReceiver(
            Destination(f"{scheme}://{netloc}", protocol, f"/{path}" if slash and path else "/v1/traces", name="export")
        )
    if given.config is None:
        print("name the config that has this destination with --config, or write an address", file=sys.stderr)
        return None
    try:
        found = {one.name.split(" ")[0]: one for one in receivers(load(given.config, os.environ))}
    except ConfigError as error:
        print(error, file=sys.stderr)
        return None
    if given.to not in found:
        names = ", ".join(found) or "none"
        print(f"{given.config} has no destination {given.to!r}; it has: {names}", file=sys.stderr)
        return None
    return found[given.to]


def _tell(told: str) -> None:
    print(f"\r{told}", file=sys.stderr)
