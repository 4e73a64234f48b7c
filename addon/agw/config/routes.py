"""Routes and what they match (agentgateway.md §1.5)."""

from __future__ import annotations

from agw.config.backends import backend
from agw.config.policies import policies
from agw.config.reader import At
from agw.config.snapshot import Match, PathKind, PathMatch, Policies, Route, ValueMatch


def route(at: At, index: int, outer: Policies) -> Route:
    """``outer`` is what the listener and its gateway say."""
    own = policies(at["policies"]).over(outer)
    return Route(
        name=f"{at['namespace'].text() or 'default'}/{at['name'].text() or f'route{index}'}",
        hostnames=tuple(text.lower() for one in at["hostnames"].items() if (text := one.text())),
        matches=tuple(_match(one) for one in at["matches"].items()) or (Match(),),
        policies=own,
        backends=tuple(backend(one, number, own) for number, one in enumerate(at["backends"].items())),
    )


def header_matches(at: At) -> tuple[ValueMatch, ...]:
    found = []
    for one in at.items():
        name = one["name"].text() or ""
        if name.startswith(":"):
            one["name"].wrong(
                "a pseudo header is not supported by this gateway", "write 'method', 'path' or 'hostnames'"
            )
        elif one["name"].header_name():
            found.append(_value_match(name.lower(), one["value"]))
    return tuple(found)


def _match(at: At) -> Match:
    method = at["method"].text()
    if method is not None and not method.isalpha():
        at["method"].wrong("not an HTTP method", "write for example POST")
    return Match(
        path=_path_match(at["path"]),
        method=method,
        headers=header_matches(at["headers"]),
        query=tuple(_value_match(one["name"].text() or "", one["value"]) for one in at["query"].items()),
    )


def _path_match(at: At) -> PathMatch:
    if at["exact"]:
        return PathMatch(PathKind.EXACT, at["exact"].request_path() or "")
    if at["regex"]:
        pattern = at["regex"].regex()
        return PathMatch(PathKind.REGEX, "" if pattern is None else pattern.pattern, pattern)
    prefix = at["pathPrefix"].request_path() if at["pathPrefix"] else "/"
    return PathMatch(PathKind.PREFIX, (prefix or "").rstrip("/"))


def _value_match(name: str, at: At) -> ValueMatch:
    return ValueMatch(name, at["exact"].text(), at["regex"].regex())
