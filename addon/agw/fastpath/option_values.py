"""Options that cannot be changed in place are given as they are.

Reason: whoever asks for an option gets a deep copy of it, made by way of a deep copy of its default. Worth: 1 % of a
call on a new client connection. Leans on: truths, numbers, texts and None being what they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mitmproxy.optmanager import _Option, unset

LEANS_ON = (_Option,)

_UNCHANGING = frozenset((bool, int, str, type(None)))


def current(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What takes the place of ``original``, ``_Option.current``."""

    def current(option: Any) -> Any:
        value = option._default if option.value is unset else option.value
        return value if type(value) in _UNCHANGING else original(option)

    return current
