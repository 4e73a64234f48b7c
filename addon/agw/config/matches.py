"""Which requests a route takes. Part of the snapshot."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class PathKind(Enum):
    """Kinds of path match, in the order of their precedence."""

    EXACT = 2
    PREFIX = 1
    REGEX = 0


@dataclass(frozen=True, slots=True)
class PathMatch:
    """``value`` as written (a prefix without its trailing ``/``); ``regex`` must match the whole path."""

    kind: PathKind
    value: str
    regex: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class ValueMatch:
    """A header or a query parameter that must be there: equal to ``exact`` or wholly matched by ``regex``."""

    name: str
    """Header names in lower case."""
    exact: str | None = None
    regex: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Match:
    path: PathMatch = PathMatch(PathKind.PREFIX, "")
    method: str | None = None
    headers: tuple[ValueMatch, ...] = ()
    query: tuple[ValueMatch, ...] = ()
