"""The types of a message's fields are not checked each time that one is made, nor a hook's class each time it is asked.

Reason: mitmproxy looks at every field of every request and answer, in pure Python, unless it runs under ``python -O``,
and whether a hook's class is a dataclass whenever one is made. Worth: 8 % of a call's time. Leans on:
``MessageData.__post_init__`` doing nothing but that; the check is made for developers, and mitmproxy itself leaves it
out in optimised mode. Assertions elsewhere stay: some of them guard. A hook's class stays what it is, so that each is
looked at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mitmproxy import hooks, http
from mitmproxy.proxy.commands import StartHook

# Under -O there is no such method, and nothing to gain.
_CHECK = getattr(http.MessageData, "__post_init__", None)
LEANS_ON: tuple[Callable[..., Any], ...] = (hooks.Hook, StartHook, *(() if _CHECK is None else (_CHECK,)))


def no_check(self: http.MessageData) -> None:
    """Takes the check's place."""


def checked_once(original: Callable[..., Any]) -> Callable[..., Any]:
    """What takes the place of ``original``, ``StartHook.__new__``."""
    made: set[type] = set()
    new = object.__new__

    def __new__(cls: type, *args: object, **kwargs: object) -> Any:  # noqa: N807
        if cls in made:
            return new(cls)
        hook = original(cls, *args, **kwargs)
        made.add(cls)
        return hook

    return __new__
