"""``agw verify``."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path

from agw.cli.arguments import Commands, add_journal, command, files_of
from agw.journal.opening import connect
from agw.journal.signing import PUBLIC_NAME, Checker, checker_of
from agw.journal.verify import Verdict, verify

_HELP = """\
Proves that nobody has touched the journal, or names the first row that was changed, removed, inserted or moved. It
repairs nothing. Each row's hash covers the one before it; checkpoints are signed with the key beside the journal.

The line that it prints for a good journal, kept on another machine, is what later proves that the end was not cut off:

  agw verify
  agw verify --noted 1204:5f1d…          with what an earlier run printed
  agw verify --key audit-key.pub.pem     with a public key that was kept elsewhere
"""


def add(commands: Commands) -> None:
    one = command(commands, "verify", "prove that nobody has touched the journal", _HELP, run)
    add_journal(one)
    one.add_argument("--key", metavar="FILE", help="the public key (default: the one beside the journal)")
    one.add_argument("--noted", type=_noted, metavar="ROW:HASH", help="what an earlier run printed")


def run(given: argparse.Namespace) -> int:
    status = 0
    files = files_of(given)
    for file in files:
        checker = _checker(given.key, file)
        if checker is None:
            return 1
        with closing(connect(file, read_only=True)) as db:
            # One view of the file for all questions, though a gateway writes to it.
            db.execute("BEGIN")
            verdict = verify(db, checker, given.noted if file == files[0] else None, _progress)
        print(f"{file}: {_told(verdict)}", file=sys.stderr if verdict.wrong else sys.stdout)
        status = max(status, 1 if verdict.wrong else 0)
    return status


def _told(verdict: Verdict) -> str:
    if verdict.wrong:
        return f"NOT AS IT WAS WRITTEN: {verdict.wrong} (good up to row {verdict.seq})"
    sealed = "all signed" if verdict.signed_seq >= verdict.seq else f"signed up to row {verdict.signed_seq}"
    gone = f"; {verdict.content_missing} pieces of content were cut by retention" if verdict.content_missing else ""
    return f"{verdict.rows} rows are as they were written, {sealed}{gone}. To keep: {verdict.seq}:{verdict.sha256}"


def _checker(key: str | None, journal: Path) -> Checker | None:
    path = Path(key) if key else journal.parent / PUBLIC_NAME
    try:
        return checker_of(path)
    except (OSError, ValueError) as error:
        why = (error.strerror or "").lower() if isinstance(error, OSError) else "not an Ed25519 key"
        print(f"the public key {path} cannot be used ({why}); name it with --key", file=sys.stderr)
        return None


def _noted(text: str) -> tuple[int, str]:
    row, _, sha256 = text.partition(":")
    if not row.isdigit() or len(sha256) != 64:
        raise argparse.ArgumentTypeError("write ROW:HASH as `agw verify` printed it")
    return int(row), sha256.lower()


def _progress(rows: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{rows:,} rows …", end="\r", file=sys.stderr, flush=True)
