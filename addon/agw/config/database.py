"""``config.database`` and its older form ``config.logging.database``: where calls are kept (agentgateway.md §1.4)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from agw.config.reader import At
from agw.config.secret import Secret
from agw.config.snapshot import Database

_HINT = "write sqlite:///var/lib/agw/journal.sqlite or postgres://user:password@host/database"


def database(at: At, older: At) -> Database | None:
    """None where neither form is written."""
    if at and older:
        older.wrong("'logging.database' beside 'database'", "they are two forms of one thing; keep one of them")
        return None
    where = (at or older)["url"]
    if not where:
        if at or older:
            (at or older).wrong("a database without a url", _HINT)
        return None
    text = where.text() or ""
    scheme, separator, rest = text.partition(":")
    if separator and scheme.lower() == "sqlite":
        return _sqlite(where, rest)
    if separator and scheme.lower() in ("postgres", "postgresql"):
        return _postgres(where, text)
    where.wrong("not a database that is served", _HINT)
    return None


def _sqlite(at: At, rest: str) -> Database | None:
    """``sqlite:///absolute``, ``sqlite://relative`` (to the config's folder), ``sqlite::memory:``."""
    name = unquote(rest.removeprefix("//").partition("?")[0])
    if name in (":memory:", "/:memory:"):
        return Database(memory=True)
    if not name or not name.isprintable():
        at.wrong("a sqlite url without a file", _HINT)
        return None
    path = Path(name).expanduser()
    return Database(file=str(path if path.is_absolute() else Path(at.report.file).absolute().parent / path))


def _postgres(at: At, text: str) -> Database | None:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        at.wrong("not a postgres url", _HINT)
        return None
    name = unquote(parts.path.lstrip("/"))
    if not name:
        at.wrong("a postgres url without a database", _HINT)
        return None
    return Database(postgres=Secret(text), place=f"postgres://{host or 'localhost'}:{port or 5432}/{name}")
