"""``agw doctor``: looks at everything a gateway needs, and says what to do about what is missing."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator

from agw.cli.arguments import Commands, command
from agw.config import load
from agw.config.snapshot import Snapshot
from agw.doctor import collector, keys, machine
from agw.doctor.finding import Finding, Level
from agw.errors import ConfigError
from agw.journal.place import default_folder

_HELP = """\
Checks what a gateway needs: the config, the keys that it names, its ports, each collector by a real test span (named
"agw doctor"), the clock, the journal's folder, and whether programs here trust mitmproxy's certificate authority.
Every finding that is not good says what to do. Exit status 1 if one of them would stop the gateway from working.

  agw doctor cfg.yaml
  agw doctor cfg.yaml --no-spans          sends nothing
"""
_MARKS = {Level.GOOD: "ok  ", Level.ODD: "look", Level.BAD: "BAD "}


def add(commands: Commands) -> None:
    one = command(commands, "doctor", "check config, keys, ports, collector, clock, trust", _HELP, run)
    one.add_argument("file", metavar="FILE", help="the gateway's config")
    one.add_argument("--no-spans", action="store_true", help="send no test span")
    one.add_argument(
        "--state", metavar="FOLDER", default=default_folder(os.environ), help="the gateway's agwstate folder"
    )
    one.add_argument(
        "--confdir", metavar="FOLDER", default="~/.mitmproxy", help="mitmproxy's own folder (default: %(default)s)"
    )


def run(given: argparse.Namespace) -> int:
    worst = Level.GOOD
    for finding in _findings(given):
        print(f"{_MARKS[finding.level]}  {finding.what}", flush=True)
        if finding.do:
            print(f"        {finding.do}", flush=True)
        worst = max(worst, finding.level)
    return 1 if worst is Level.BAD else 0


def _findings(given: argparse.Namespace) -> Iterator[Finding]:
    try:
        snapshot: Snapshot | None = load(given.file, os.environ)
    except ConfigError as error:
        snapshot = None
        for problem in error.problems:
            yield Finding(Level.BAD, f"config: {problem}", "correct it; `agw validate` checks it again")
    if snapshot is not None:
        yield Finding(Level.GOOD, f"config: {given.file} can be served")
        yield from keys.check(snapshot)
        yield from machine.ports(snapshot)
        if not given.no_spans:
            print("sending a test span to each collector …", file=sys.stderr)
            yield from collector.check(snapshot, os.environ)
    yield from machine.clock()
    yield from machine.state(given.state)
    yield from machine.trust(given.confdir, os.environ)
