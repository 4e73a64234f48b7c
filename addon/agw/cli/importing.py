"""``agw import``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from itertools import batched
from pathlib import Path

from agw.cli.arguments import Commands, command
from agw.cli.progress import Progress
from agw.errors import ImportFailed
from agw.imports.exchange import record_of
from agw.journal import opening
from agw.journal.place import default_folder, journal_in
from agw.journal.query import Reader
from agw.journal.signing import signer_in
from agw.journal.store import Store
from agw.record import CallRecord

_HELP = """\
Turns recorded traffic into records: mitmproxy's dumps (mitmdump -w FILE) and HAR files (from a browser or a proxy),
with their original times. Calls to known providers are taken, all else is left out. The ids come from the content, so
that a second import of the same file changes nothing; send them on with `agw export`.

  agw import week.mitm browser.har
  agw import --provider openai gateway.mitm      hosts that are not known are OpenAI's

They go to a journal of their own beside the gateway's, which the other commands read with it and which no destination
gets unasked. Prompts and answers are kept unless --no-content.
"""
_GROUP = 100


def add(commands: Commands) -> None:
    one = command(commands, "import", "turn recorded traffic into records", _HELP, run)
    one.add_argument("files", nargs="+", metavar="FILE", help="a .mitm dump or a .har file")
    one.add_argument(
        "--state", metavar="FOLDER", default=default_folder(os.environ), help="the gateway's agwstate folder"
    )
    one.add_argument("--provider", metavar="NAME", help="of hosts that are not known (default: they are left out)")
    one.add_argument("--no-content", action="store_true", help="leave prompts and answers out")


def run(given: argparse.Namespace) -> int:
    path = journal_in(given.state)
    if path is None:
        print("name a folder with --state", file=sys.stderr)
        return 2
    store = _opened(opening.imported(path))
    if store is None:
        return 1
    reader = Reader(opening.siblings(path))
    status, taken, seen = 0, 0, 0
    try:
        for file in given.files:
            try:
                for group in batched(_records(Path(file), given), _GROUP):
                    seen += len(group)
                    taken += store.append(
                        (), [one for one in group if not reader.has(one.ids.span_id, one.ids.trace_id)]
                    )
            except ImportFailed as error:
                print(error, file=sys.stderr)
                status = 1
    finally:
        store.close()
    print(f"{taken} calls imported, {seen - taken} were there already")
    return status


def _opened(path: Path) -> Store | None:
    """The journal of imports; None, with the reason told, where it cannot be written."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = opening.lock(path)
        if lock is None:
            print(f"another import is writing {path}", file=sys.stderr)
            return None
        return Store(path, lock=lock, signer=signer_in(path.parent))
    except (OSError, ValueError, opening.Damaged, opening.Foreign) as error:
        print(f"{path} cannot be written: {error}", file=sys.stderr)
        return None


def _records(file: Path, given: argparse.Namespace) -> Iterator[CallRecord]:
    from agw.hooks.dumps import exchanges
    from agw.pricing.catalog import Catalog
    from agw.pricing.pricer import Prices
    from agw.pricing.update import builtin

    price = Prices(builtin(Path(given.state).expanduser(), lambda told: None)).pricer(Catalog())
    progress = Progress(file.name)
    for exchange in exchanges(file):
        progress.step()
        record = record_of(exchange, given.provider, keep_content=not given.no_content)
        if record is not None:
            yield price(record)
    progress.end()
