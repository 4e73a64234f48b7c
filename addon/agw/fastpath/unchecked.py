"""The types of a message's fields are not checked each time that one is made, nor the class of a hook.

Reason: mitmproxy looks at every field of every request and answer, in pure Python, unless it runs under ``python -O``,
and asks of each hook whether its class is a dataclass. Worth: 8 % of a call's time. Leans on:
``MessageData.__post_init__`` and the hooks' ``__new__`` doing nothing but that; the checks are made for developers, and
mitmproxy itself leaves the first out in optimised mode. Assertions elsewhere stay: some of them guard.
"""

from __future__ import annotations

from typing import Any

from mitmproxy import hooks, http
from mitmproxy.proxy import commands

# Under -O there is no such method, and nothing to gain.
_CHECK = getattr(http.MessageData, "__post_init__", None)
LEANS_ON = (hooks.Hook, commands.StartHook, *(() if _CHECK is None else (_CHECK,)))


def no_check(self: http.MessageData) -> None:
    """Takes the check's place."""


def new_hook(cls: type[commands.StartHook], *_: Any, **__: Any) -> commands.StartHook:
    """Takes the place of ``StartHook.__new__``."""
    return object.__new__(cls)
