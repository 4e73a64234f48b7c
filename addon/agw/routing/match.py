"""Does a request fit a match, a hostname, a set of values? Pure questions, one each (agentgateway.md §1.5)."""

from __future__ import annotations

from collections.abc import Sequence

from agw.config.snapshot import Match, PathKind, PathMatch, ValueMatch
from agw.routing.head import RequestHead


def path_fits(match: PathMatch, path: str) -> bool:
    """Exact is equality, a prefix fits whole segments, a regex must fit the whole path."""
    if match.kind is PathKind.PREFIX:
        prefix = match.value.rstrip("/")
        return not prefix or path == prefix or path.startswith(prefix + "/")
    if match.kind is PathKind.EXACT:
        return path == match.value
    return match.regex is not None and match.regex.fullmatch(path) is not None


def values_fit(match: ValueMatch, values: Sequence[str]) -> bool:
    """One of the values must fit; an absent name fits nothing."""
    if match.regex is not None:
        return any(match.regex.fullmatch(value) for value in values)
    return match.exact in values


def request_fits(match: Match, head: RequestHead) -> bool:
    """All parts of one match must fit."""
    # Most matches are a path and nothing else: no generators for those.
    return (
        path_fits(match.path, head.path)
        and (match.method is None or match.method == head.method)
        and (not match.headers or all(values_fit(one, head.headers(one.name)) for one in match.headers))
        and (not match.query or all(values_fit(one, head.query_values(one.name)) for one in match.query))
    )


def hostname_fits(pattern: str | None, host: str) -> bool:
    """``*.example.com`` takes any host below example.com, not example.com itself; None and ``*`` take all."""
    if pattern is None or pattern == "*":
        return True
    if pattern.startswith("*."):
        return host.endswith(pattern[1:].lower()) and len(host) > len(pattern) - 1
    return host == pattern.lower()


def hostname_rank(pattern: str | None) -> tuple[int, int]:
    """Greater is more specific: exact, then the longest wildcard, then none."""
    if pattern is None or pattern == "*":
        return (0, 0)
    return (1, len(pattern)) if pattern.startswith("*.") else (2, len(pattern))


def match_rank(match: Match) -> tuple[int, int, bool, int, int]:
    """Greater is more specific: kind of path, its length, method, number of headers, number of parameters."""
    return (
        match.path.kind.value,
        len(match.path.value),
        match.method is not None,
        len(match.headers),
        len(match.query),
    )
