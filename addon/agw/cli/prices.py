"""``agw prices``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from agw.cli.arguments import Commands, command
from agw.cli.table import printable
from agw.errors import PricesError
from agw.journal.place import default_folder

_HELP = """\
Fetches the price list that the genai-prices project publishes and keeps it in the state folder, after judging it; the
gateway takes it at its next start. This is the only way prices change: the gateway itself fetches nothing.

  agw prices update
"""
_SHOWN = 20


def add(commands: Commands) -> None:
    one = command(commands, "prices", "take newer prices", _HELP, run)
    one.add_argument("what", choices=["update"], help="fetch the published list")
    one.add_argument(
        "--state", metavar="FOLDER", default=default_folder(os.environ), help="the gateway's agwstate folder"
    )


def run(given: argparse.Namespace) -> int:
    from agw.pricing.update import update

    folder = Path(given.state).expanduser()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        updated = update(folder)
    except (OSError, PricesError) as error:
        print(f"prices were not updated: {error}", file=sys.stderr)
        return 1
    print(f"{updated.models} prices in {updated.path}; {len(updated.changed)} changed or new, {len(updated.gone)} gone")
    for provider, model in updated.changed[:_SHOWN]:
        print(f"  {printable(provider)}  {printable(model)}")
    if len(updated.changed) > _SHOWN:
        print(f"  and {len(updated.changed) - _SHOWN} more")
    return 0
