"""Keeps what a client authenticates itself with out of what the config's expressions say of its call.

Expressions may read such headers (a user's name stands in a token), but their text never gets into a span, a log or a
label as it is: ``flatten(request.headers)`` shows everything but that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agw.cel.views import SENSITIVE

REDACTED = "<redacted>"
_SHORTEST = 6
"""Characters: what is shorter would be found everywhere."""


def secrets_of(headers: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """All texts that must not be shown, longest first."""
    found: set[str] = set()
    for name in SENSITIVE & headers.keys():
        for value in headers[name]:
            found.add(value)
            if "cookie" in name:
                found.update(pair.partition("=")[2].strip() for pair in value.split(";"))
            else:
                found.add(value.partition(" ")[2].strip())
    return tuple(sorted((one for one in found if len(one) >= _SHORTEST), key=len, reverse=True))


def redacted(text: str, secrets: Sequence[str]) -> str:
    for one in secrets:
        if one in text:
            text = text.replace(one, REDACTED)
    return text
