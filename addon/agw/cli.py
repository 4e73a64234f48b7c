"""The ``agw`` command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import agw
from agw.config import load
from agw.errors import ConfigError

_EXAMPLES = """\
examples:
  agw validate cfg.yaml                check a config without starting anything
  agw validate config/*.yaml           several: one line each, exit status 1 if any is wrong

The gateway itself is started with
  mitmdump -s addon/agentgateway.py --set agwconfig=cfg.yaml
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 good, 1 something is wrong with a config, 2 wrong usage."""
    parser = argparse.ArgumentParser(
        prog="agw",
        description="Tools for the AI gateway.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"agw {agw.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    validate = commands.add_parser(
        "validate",
        help="check configs without starting",
        description="Checks configs without starting. The environment counts: a variable that is not set is an error.",
    )
    validate.add_argument("files", nargs="+", metavar="FILE")
    given = parser.parse_args(arguments)
    if given.command is None:
        parser.print_help()
        return 2
    return max(_validate(file) for file in given.files)


def _validate(file: str) -> int:
    try:
        snapshot = load(file, os.environ)
    except ConfigError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 1
    routes = sum(len(listener.routes) for port in snapshot.ports for listener in port.listeners)
    ports = ", ".join(str(port.port) for port in snapshot.ports)
    print(f"ok: {file} (port {ports}; {routes} route{'s' if routes != 1 else ''})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
