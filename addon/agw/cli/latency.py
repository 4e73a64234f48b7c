"""``agw latency``."""

from __future__ import annotations

import argparse
import json

from agw.cli.arguments import Commands, add_journal, add_which, command, reader_of, which_of
from agw.cli.table import number, printable, seconds, table
from agw.journal.query import GROUPS, percentile

_HELP = """\
How fast answers come: the time to the first token (of streams) and to the end, by model or another group. p90 0.8s
says that nine calls in ten took 0.8 seconds at most. Calls that failed or broke off are left out.

  agw latency                            by model, the last day
  agw latency --by provider --since 7d
"""
_SHARES = (0.5, 0.9, 0.99)


def add(commands: Commands) -> None:
    one = command(commands, "latency", "time to the first token and in total, p50/p90/p99", _HELP, run)
    add_journal(one)
    add_which(one, "1d")
    one.add_argument("--by", choices=list(GROUPS), default="model", help="what to group by (default: model)")
    one.add_argument("--json", action="store_true", help="a JSON array, in seconds")


def run(given: argparse.Namespace) -> int:
    found = reader_of(given).times(given.by, which_of(given))
    rows = [
        (
            group,
            len(totals),
            [percentile(firsts, share) for share in _SHARES],
            [percentile(totals, share) for share in _SHARES],
        )
        for group, (firsts, totals) in sorted(found.items(), key=lambda item: (-len(item[1][1]), item[0]))
        if firsts.sort() is None and totals.sort() is None
    ]
    if given.json:
        names = ("p50", "p90", "p99")
        print(
            json.dumps(
                [
                    {
                        given.by: group,
                        "calls": count,
                        "first_token_s": dict(zip(names, firsts, strict=True)),
                        "total_s": dict(zip(names, totals, strict=True)),
                    }
                    for group, count, firsts, totals in rows
                ],
                indent=1,
            )
        )
    elif not rows:
        print("no calls in this period")
    else:
        head = [given.by, "calls", "first p50", "p90", "p99", "total p50", "p90", "p99"]
        shown = [
            [printable(group or "-", 40), number(count), *map(seconds, firsts), *map(seconds, totals)]
            for group, count, firsts, totals in rows
        ]
        print(table(head, shown))
    return 0
