"""The types of a message's fields are not checked each time that one is made.

Reason: mitmproxy looks at every field of every request and answer, in pure Python, unless it runs under ``python -O``.
Worth: 8 % of a call's time. Leans on: ``MessageData.__post_init__`` doing nothing but that; the check is made for
developers, and mitmproxy itself leaves it out in optimised mode. Assertions elsewhere stay: some of them guard.
"""

from __future__ import annotations

from mitmproxy import http

# Under -O there is no such method, and nothing to gain.
_CHECK = getattr(http.MessageData, "__post_init__", None)
LEANS_ON = () if _CHECK is None else (_CHECK,)


def no_check(self: http.MessageData) -> None:
    """Takes the check's place."""
