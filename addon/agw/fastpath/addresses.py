"""Addresses are written by what is known of their host.

Reason: each client comes from a port of its own, so that mitmproxy's own memory of addresses never has the one that it
is asked for, and takes the host apart and puts it together again. Worth: 1 % of a call on a new client connection.
Leans on: what is written being the host's text, a colon and the port.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from mitmproxy.utils import human

LEANS_ON = (human.format_address,)

Format = Callable[[tuple[Any, ...] | None], str]


def format_address(original: Format) -> Format:
    """What takes the place of ``original``, ``human.format_address``."""

    @lru_cache(1024)
    def up_to_port(host: str) -> str:
        return original((host, 0))[:-1]

    def format_address(address: tuple[Any, ...] | None) -> str:
        if type(address) is tuple and len(address) > 1 and type(address[0]) is str:
            return f"{up_to_port(address[0])}{address[1]}"
        return original(address)

    return format_address
