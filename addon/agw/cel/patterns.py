"""Regular expressions over what clients send: RE2's, whose time grows with the text alone, as the reference's do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

import re2


class Match(Protocol):
    def group(self, group: int | str = 0) -> str | None: ...
    def span(self, group: int | str = 0) -> tuple[int, int]: ...


class Pattern(Protocol):
    """The part of RE2's patterns that is used here; they look like those of ``re``."""

    def search(self, text: str) -> Match | None: ...
    def finditer(self, text: str, pos: int = 0) -> Iterator[Match]: ...
    def sub(self, replacement: str, text: str) -> str: ...


_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_REFERENCE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<braced>\w+)\}|(?P<bare>\w+))")


def compiled(pattern: str) -> Pattern:
    """Raises ValueError, whose message quotes nothing of the pattern."""
    try:
        found: Pattern = re2.compile(pattern, _OPTIONS)
    except (re2.error, UnicodeEncodeError):
        raise ValueError("not a regular expression of RE2 (it has no look-around and no back-references)") from None
    return found


def expand(template: str) -> str:
    """A replacement in Rust's style (``$1``, ``${name}``, ``$$``) in the style of ``re``."""
    return _REFERENCE.sub(
        lambda one: "$" if one["dollar"] else f"\\g<{one['braced'] or one['bare']}>", template.replace("\\", "\\\\")
    )
