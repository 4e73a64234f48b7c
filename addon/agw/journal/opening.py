"""Opens a journal's file, or says why it cannot be used and what was done about it.

Nothing that may be of worth is thrown away: a damaged file is renamed, somebody else's is left alone.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from agw.journal.schema import APPLICATION_ID, VERSION, migrate

NAME = "journal.sqlite"
MAX_BESIDE = 64
"""Files of one folder: so many gateways may run on it."""
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_CHECK_WHOLE_BELOW = 32 * 1024 * 1024


class Damaged(Exception):
    """The file was ours and cannot be read."""


class Foreign(Exception):
    """The file is somebody else's, or a newer version's."""


@dataclass(slots=True)
class Lock:
    """Held as long as the file is in use; the system lets go of it when the process ends, however that is."""

    file: IO[bytes]

    def release(self) -> None:
        self.file.close()


def lock(path: Path) -> Lock | None:
    """None where another process (or another journal of this one) holds it. Raises OSError."""
    file = os.fdopen(os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR, 0o600), "rb+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return Lock(file)


def is_damage(error: sqlite3.Error) -> bool:
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DAMAGED


def connect(path: Path | None, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection for any thread, its caller being who sees to it that one uses it at a time. None: in memory."""
    if path is None:
        return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    uri = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=5.0)


def open_file(path: Path | None) -> sqlite3.Connection:
    """The journal for writing, made or brought up to date where needed.

    Raises Damaged, Foreign, OSError or sqlite3.Error (read-only, disk full).
    """
    if path is not None:
        _refuse_foreign_bytes(path)
        if not path.exists():
            # Prompts are in it: for its owner's eyes only, and SQLite gives -wal and -shm the same mode.
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    db = connect(path)
    try:
        _prepare(db, path)
    except sqlite3.DatabaseError as error:
        db.close()
        if is_damage(error):
            raise Damaged(str(error)) from None
        raise
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection, path: Path | None) -> None:
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and application != APPLICATION_ID:
        raise Foreign("another program's database")
    if version > VERSION:
        raise Foreign("a newer version's journal")
    db.execute("PRAGMA cache_size = -4000")
    if not tables:
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    db.execute("PRAGMA journal_mode = WAL")
    # A commit is on the disk, not only with the system, before anybody is told of it: power may fail too.
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA journal_size_limit = 67108864")
    if tables and path is not None and path.stat().st_size < _CHECK_WHOLE_BELOW:
        found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise Damaged(found)
    migrate(db, version)
    db.execute("SELECT * FROM call ORDER BY seq DESC LIMIT 1").fetchone()


def set_aside(path: Path) -> Path:
    """Renames a damaged file, with the log that belongs to it. Raises OSError."""
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    for ending in ("", "-wal", "-shm"):
        old = Path(f"{path}{ending}")
        if old.exists():
            old.rename(f"{aside}{ending}")
    return aside


def beside(path: Path, number: int) -> Path:
    """The file that the ``number``-th gateway on one folder uses; 1 is the first."""
    return path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")


def gateways(path: Path) -> list[Path]:
    """The journals of gateways in the folder that are there, the first one's first."""
    return [one for number in range(1, MAX_BESIDE + 1) if (one := beside(path, number)).exists()]


def imported(path: Path) -> Path:
    """The journal of calls that were imported: no gateway writes it, and no destination gets it unasked."""
    return path.with_name(f"{path.stem}-imported{path.suffix}")


def siblings(path: Path) -> list[Path]:
    """All journals of the folder that are there."""
    return gateways(path) + [one for one in (imported(path),) if one.exists()]


def _refuse_foreign_bytes(path: Path) -> None:
    if path.is_dir():
        raise Foreign("a folder")
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except FileNotFoundError:
        return
    if head and not head.startswith(b"SQLite format 3\x00"):
        # A journal of ours whose first page was hit still has our id in its header or SQLite's log beside it.
        ours = head[68:72] == APPLICATION_ID.to_bytes(4, "big") or Path(f"{path}-wal").exists()
        raise Damaged("its header is gone") if ours else Foreign("not a database")
