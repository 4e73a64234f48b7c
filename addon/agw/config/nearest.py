"""The known name that somebody most likely meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint: the nearest name, whatever its case, ``_`` or ``-``; or else all of them, if they are few."""
    names = sorted(known)
    if meant := meant_by(name, names):
        return meant
    if not names:
        return "take it out"
    return "known here: " + ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")


def meant_by(name: str, known: Iterable[str]) -> str:
    """The hint where one name is near, else nothing: for names that the file's author chose, which are not listed."""
    plain = {_plain(one): one for one in known}
    close = difflib.get_close_matches(_plain(name[:100]), plain, n=1, cutoff=0.6)
    return f"did you mean '{plain[close[0]]}'?" if close else ""


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
