"""``agw costs``."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from agw.cli.arguments import Commands, add_journal, add_which, command, reader_of, which_of
from agw.cli.table import bar, dollars, number, printable, table
from agw.journal.query import GROUPS, Sums

_HELP = """\
What was spent: cost, tokens and calls by model, provider, user, session, key, route, day or several of them. Sums of
money are exact. A period begins with the full hour (UTC), but where --session or --status narrows it down.

"unpriced" counts calls whose cost is not known: they are in no sum. Input includes what was read from and written to
a cache, output includes reasoning.

  agw costs                               by model, the last 7 days
  agw costs --by user --since 2026-11-01  by user, since the first
  agw costs --by day,model --csv > a.csv  for a spreadsheet, with exact amounts
"""
_FIELDS = ("calls", "errors", "input_tokens", "cache_read_tokens", "output_tokens", "reasoning_tokens")
_HEADS = ("calls", "errors", "input", "cached", "output", "reasoning")


def add(commands: Commands) -> None:
    one = command(commands, "costs", "cost, tokens and calls by model, user, day, ...", _HELP, run)
    add_journal(one)
    add_which(one, "7d")
    one.add_argument(
        "--by", type=_groups, default=["model"], metavar="WHAT", help=f"one or several of {', '.join(GROUPS)}"
    )
    form = one.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="comma-separated values, amounts exact")
    form.add_argument("--json", action="store_true", help="a JSON array, amounts exact, as text")


def run(given: argparse.Namespace) -> int:
    sums = reader_of(given).costs(given.by, which_of(given))
    by_time = given.by[0] in ("day", "hour")
    groups = sorted(
        sums, key=(lambda key: key) if by_time else lambda key: (-sums[key].cost_usd, -sums[key].calls, key)
    )
    rows = [{**dict(zip(given.by, key, strict=True)), **_plain(sums[key])} for key in groups]
    if given.json:
        json.dump(rows, sys.stdout, indent=1)
        print()
    elif given.csv:
        writer = csv.DictWriter(sys.stdout, [*given.by, *_plain(Sums())])
        writer.writeheader()
        writer.writerows(rows)
    else:
        print(_text(given.by, groups, sums))
    return 0


def _groups(text: str) -> list[str]:
    names = [one.strip() for one in text.split(",") if one.strip()]
    for one in names:
        if one not in GROUPS:
            raise argparse.ArgumentTypeError(f"{one!r} is nothing to group by: write one of {', '.join(GROUPS)}")
    return list(dict.fromkeys(names)) or ["model"]


def _plain(one: Sums) -> dict[str, Any]:
    return {**asdict(one), "cost_usd": format(one.cost_usd, "f")}


def _text(by: list[str], groups: list[tuple[str, ...]], sums: dict[tuple[str, ...], Sums]) -> str:
    if not groups:
        return "no calls in this period"
    most = max((one.cost_usd for one in sums.values()), default=Decimal(0)) or Decimal(1)
    rows = []
    for key in groups:
        one = sums[key]
        shown = [printable(part or "-", 40) for part in key]
        share = bar(float(one.cost_usd / most))
        rows.append([*shown, dollars(one.cost_usd), share.ljust(20), *_counts(one)])
    total = Sums()
    for one in sums.values():
        for name in Sums.__slots__:
            setattr(total, name, getattr(total, name) + getattr(one, name))
    rows.append(["total", *[""] * (len(by) - 1), dollars(total.cost_usd), " " * 20, *_counts(total)])
    return table([*by, "cost", "", *_HEADS, "unpriced"], rows, len(by))


def _counts(one: Sums) -> list[str]:
    return [*(number(getattr(one, name)) for name in _FIELDS), number(one.calls - one.priced)]
