"""Arguments that several commands share: which journal, which period, which calls."""

from __future__ import annotations

import argparse
import os
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agw.journal.opening import siblings
from agw.journal.place import default_folder, journal_in
from agw.journal.query import Reader, Which

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Commands = object

_AGO = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_EQUAL = {
    "model": ("model", "the model that answered"),
    "provider": ("provider", "openai, anthropic, ..."),
    "user": ("user", "who asked"),
    "group": ("user_group", "the user's group"),
    "session": ("session", "the conversation"),
    "key": ("key_name", "the name of the gateway key"),
    "route": ("route", "the route, namespace/name"),
    "backend": ("backend", "the backend"),
    "operation": ("operation", "chat, embeddings, ..."),
}


class NoJournal(SystemExit):
    """Leaves with a sentence instead of a traceback."""


def command(
    commands: Commands, name: str, summary: str, description: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name, help=summary, description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.set_defaults(run=run)
    return parser


def add_journal(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--state",
        metavar="FOLDER",
        default=default_folder(os.environ),
        help="the gateway's agwstate folder (default: %(default)s)",
    )
    parser.add_argument("--journal", metavar="FILE", help="one journal file, a set-aside one say")


def add_which(parser: argparse.ArgumentParser, since: str | None) -> None:
    shown = "everything" if since is None else since
    parser.add_argument(
        "--since",
        type=moment_ns,
        metavar="WHEN",
        default=None if since is None else moment_ns(since),
        help=f"30m, 12h, 7d, 2w ago, or a UTC time such as 2026-11-01 or 2026-11-01T08:30 (default: {shown})",
    )
    parser.add_argument("--until", type=moment_ns, metavar="WHEN", help="the same, where the period ends")
    for name, (_, says) in _EQUAL.items():
        parser.add_argument(f"--{name}", metavar=name.upper(), help=f"{says}; * stands for anything")
    parser.add_argument("--status", choices=("ok", "error", "partial"), help="how the calls ended")


def which_of(given: argparse.Namespace) -> Which:
    equal = {column: value for name, (column, _) in _EQUAL.items() if (value := getattr(given, name)) is not None}
    return Which(given.since or 0, given.until or 2**63 - 1, equal, given.status)


def files_of(given: argparse.Namespace) -> list[Path]:
    """The journal's files. Leaves with a sentence where there is none."""
    if given.journal is not None:
        files = [Path(given.journal)]
    else:
        path = journal_in(given.state)
        files = [] if path is None else siblings(path)
    if not files or not files[0].is_file():
        where = given.journal or given.state or "no folder"
        raise NoJournal(
            f"there is no journal in {where}: the gateway makes it when it starts (--set agwstate=FOLDER); "
            "name another with --state"
        )
    return files


def reader_of(given: argparse.Namespace) -> Reader:
    return Reader(files_of(given))


def moment_ns(text: str) -> int:
    """UTC nanoseconds since the epoch. Raises ArgumentTypeError."""
    ago = _AGO.fullmatch(text.strip())
    if ago is not None:
        return time.time_ns() - int(float(ago[1]) * _SECONDS[ago[2]] * 1e9)
    try:
        then = datetime.fromisoformat(text.strip())
        return int(then.replace(tzinfo=then.tzinfo or UTC).timestamp()) * 1_000_000_000
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a time: write 7d, 12h or 30m for so long ago, or 2026-11-01T08:30 (UTC)"
        ) from None
