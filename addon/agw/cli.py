"""The ``agw`` command: one function for each sub-command, tied to its arguments in ``_parser``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import agw
from agw.config import load
from agw.config.snapshot import Snapshot
from agw.errors import ConfigError

_EXAMPLES = """\
examples:
  agw validate cfg.yaml                check a config without starting anything
  agw validate config/*.yaml           several: exit status 1 if any of them is wrong

The gateway itself is started with
  mitmdump -s addon/agentgateway.py --set agwconfig=cfg.yaml
"""
_VALIDATE = """\
Checks configs without starting anything. A good file is one line on standard output, every mistake one line on
standard error: FILE:LINE: path: what is wrong (what to write instead).

The environment counts as it does when the gateway starts: a variable that is not set is a mistake, and files that
a config names must be there.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 good, 1 something is wrong with a config, 2 wrong usage."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.command is None:
        parser.print_help(sys.stderr)
        return 2
    status: int = given.run(given)
    return status


def _parser() -> argparse.ArgumentParser:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="agw", description="Tools for the AI gateway.", epilog=_EXAMPLES, formatter_class=plain
    )
    parser.add_argument("--version", action="version", version=f"agw {agw.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    validate = commands.add_parser(
        "validate", help="check configs without starting", description=_VALIDATE, formatter_class=plain
    )
    validate.add_argument("files", nargs="+", metavar="FILE", help="a config, YAML")
    validate.set_defaults(run=_validate)
    return parser


def _validate(given: argparse.Namespace) -> int:
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


if __name__ == "__main__":
    sys.exit(main())
