"""Ports for what a run starts."""

from __future__ import annotations

import random
import socket

_PORTS = range(20_000, 32_000)
"""Below those that a kernel gives to connections: one of them could be taken between being found and being opened."""
_given: set[int] = set()


def free_port() -> int:
    """One that nobody listens on, and that was not given before."""
    while True:
        port = random.choice(_PORTS)
        if port in _given:
            continue
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
