"""``agw validate``."""

from __future__ import annotations

import argparse
import os
import sys

from agw.cli.arguments import Commands, command
from agw.config import load
from agw.config.snapshot import Snapshot
from agw.errors import ConfigError

_HELP = """\
Checks configs without starting anything. A good file is one line on standard output, every mistake one line on
standard error: FILE:LINE: path: what is wrong (what to write instead).

The environment counts as it does when the gateway starts: a variable that is not set is a mistake, and files that
a config names must be there.
"""


def add(commands: Commands) -> None:
    one = command(commands, "validate", "check configs without starting", _HELP, run)
    one.add_argument("files", nargs="+", metavar="FILE", help="a config, YAML")


def run(given: argparse.Namespace) -> int:
    status = 0
    for file in given.files:
        try:
            snapshot = load(file, os.environ)
        except ConfigError as error:
            status = 1
            for problem in error.problems:
                print(problem, file=sys.stderr)
        else:
            print(f"ok: {file} ({_size(snapshot)})")
    return status


def _size(snapshot: Snapshot) -> str:
    routes = sum(len(listener.routes) for port in snapshot.ports for listener in port.listeners)
    return f"{_count(len(snapshot.ports), 'port')}, {_count(routes, 'route')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
