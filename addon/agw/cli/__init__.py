"""The ``agw`` command: one module for each sub-command, which says what it takes (``add``) and what it does."""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
from collections.abc import Sequence

import agw
from agw.cli import calls, costs, doctor, export, importing, latency, prices, show, validate, verify

_EXAMPLES = """\
examples:
  agw validate cfg.yaml                check a config without starting anything
  agw doctor cfg.yaml                  check this machine: keys, ports, collector, clock, trust
  agw calls --follow                   what goes through the gateway, as it happens
  agw show 00f067aa                    one call, as a chat
  agw costs --by model --since 7d      what was spent
  agw latency --since 1d               how fast the models answer
  agw export --to langfuse --since 2026-11-01 --config cfg.yaml
                                       send a period (again)
  agw verify                           prove that nobody has touched the journal

The gateway itself is started with
  mitmdump -s addon/agentgateway.py --set agwconfig=cfg.yaml
"""
_COMMANDS = (validate, doctor, calls, show, costs, latency, export, importing, verify, prices)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 good, 1 something is wrong, 2 wrong usage."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.command is None:
        parser.print_help(sys.stderr)
        return 2
    try:
        status: int = given.run(given)
    except BrokenPipeError:
        # `agw calls | head` is no error, and the interpreter's own flush at its end is not to say so either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except sqlite3.Error as error:
        print(f"the journal cannot be read: {error}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="agw",
        description="Tools for the AI gateway.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"agw {agw.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for one in _COMMANDS:
        one.add(commands)
    return parser
