"""``agw calls``."""

from __future__ import annotations

import argparse
import json
import sqlite3
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from agw.cli.arguments import Commands, add_journal, add_which, command, reader_of, which_of
from agw.cli.table import dollars, printable
from agw.journal.query import Reader, Which

_HELP = """\
Lists finished calls, oldest first: when, how it ended, what was asked, tokens, cost, time. The id at the end of a line
is what `agw show` takes; its first characters are enough.

  agw calls                              the last 20
  agw calls -n 100 --model 'gpt-4o*'     the last 100 of some models
  agw calls --status error --since 1d    what failed since yesterday
  agw calls --follow --user alice        what alice does, as it happens
  agw calls --json | jq .cost_usd        one JSON object for each call
"""
_POLL_S = 0.5


def add(commands: Commands) -> None:
    one = command(commands, "calls", "list, filter or follow calls", _HELP, run)
    add_journal(one)
    add_which(one, None)
    one.add_argument("-n", "--number", type=int, default=20, metavar="N", help="how many at most (default: 20)")
    one.add_argument("-f", "--follow", action="store_true", help="go on with new calls as they end")
    one.add_argument("--json", action="store_true", help="a JSON object for each call, with all columns")


def run(given: argparse.Namespace) -> int:
    reader, which = reader_of(given), which_of(given)
    at = reader.newer({}, which)[1] if given.follow else {}
    for row in reader.calls(which, max(0, given.number)):
        _print(row, given.json)
    if given.follow:
        _follow(reader, which, at, given.json)
    return 0


def _follow(reader: Reader, which: Which, at: dict[Path, int], as_json: bool) -> None:
    while True:
        time.sleep(_POLL_S)
        rows, at = reader.newer(at, which)
        for row in rows:
            _print(row, as_json)


def _print(row: sqlite3.Row, as_json: bool) -> None:
    if as_json:
        print(json.dumps({name: row[name] for name in row.keys() if name != "hash"}), flush=True)  # noqa: SIM118
    else:
        print(line(row), flush=True)


def line(row: sqlite3.Row) -> str:
    began = datetime.fromtimestamp(row["start_ns"] / 1e9, UTC)
    tokens = [
        f"{row[name]} {word}"
        for name, word in (("input_tokens", "in"), ("output_tokens", "out"))
        if row[name] is not None
    ]
    parts = [
        f"{began:%Y-%m-%d %H:%M:%S}",
        str(row["http_status"] or "---"),
        row["operation"],
        printable(row["model"] or "?"),
        " ".join(tokens),
        "" if row["cost_usd"] is None else dollars(Decimal(row["cost_usd"])),
        f"{row['total_s']:.3f}s",
        printable(row["user"] or row["key_name"] or ""),
        f"error {row['error_type']}" if row["error_type"] else "partial" if row["partial"] else "",
        row["span_id"],
    ]
    return "  ".join(part for part in parts if part)
