"""Where the journal is: the state folder, as the XDG base directory specification has it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agw.config.snapshot import Database
from agw.journal.opening import NAME


def default_folder(environ: Mapping[str, str]) -> str:
    """``$XDG_STATE_HOME/agw``, or ``~/.local/state/agw``; a relative variable is passed over, as XDG asks."""
    state = environ.get("XDG_STATE_HOME", "")
    return f"{state}/agw" if state.startswith("/") else "~/.local/state/agw"


def journal_in(folder: str) -> Path | None:
    """The journal's file in a state folder; None where there is none."""
    return Path(folder).expanduser() / NAME if folder else None


def journal_of(folder: str, database: Database | None) -> Path | None:
    """The file that a config names, else the one in the state folder; None for memory."""
    if database is None or database.postgres is not None:
        return journal_in(folder)
    return None if database.file is None else Path(database.file)
