"""Stopping without cutting calls off: SIGTERM closes the ports, lets what is under way end, and then leaves.

::

    SIGTERM ──► ports closed; answers say "connection: close" ──► nothing under way, or the limit is over ──► shut down
       a second SIGTERM, or SIGINT at any time ──────────────────────────────────────────────────────────────────┘

mitmproxy itself cuts what is under way as soon as its ``done`` hooks have run.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Callable

from mitmproxy import ctx, http
from mitmproxy.addons.proxyserver import Proxyserver

logger = logging.getLogger("agw")

_LOOK_S = 0.05


class Drain:
    """``under_way`` counts the calls that have not ended; ``leaving`` is called when draining begins."""

    def __init__(self, under_way: Callable[[], int], leaving: Callable[[], None]) -> None:
        self._under_way, self._leaving = under_way, leaving
        self._task: asyncio.Task[None] | None = None

    @property
    def begun(self) -> bool:
        return self._task is not None

    def listen(self) -> None:
        """Takes the signal over from mitmproxy, where the platform lets loops have signals."""
        with contextlib.suppress(NotImplementedError, RuntimeError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.begin)

    def begin(self) -> None:
        if self._task is not None or ctx.options.agwdrain <= 0:
            ctx.master.shutdown()
            return
        self._task = asyncio.create_task(self._drain(ctx.options.agwdrain), name="agw drain")

    def mark(self, response: http.Response) -> None:
        """Tells the client that this connection takes no further call."""
        if self._task is not None and response.http_version.startswith("HTTP/1"):
            response.headers["connection"] = "close"

    async def _drain(self, limit_s: float) -> None:
        tell("STOPPING=1")
        self._leaving()
        loop = asyncio.get_running_loop()
        until_s = loop.time() + limit_s
        proxyserver = ctx.master.addons.get("proxyserver")
        if isinstance(proxyserver, Proxyserver):
            for server in proxyserver.servers:
                with contextlib.suppress(Exception):
                    await server.stop()
        if waiting := self._under_way():
            logger.info(
                f"stopping: {waiting} calls are under way; leaving when they have ended, in {limit_s} s at most"
            )
        while self._under_way() and loop.time() < until_s:
            await asyncio.sleep(_LOOK_S)
        ctx.master.shutdown()


def tell(state: str) -> None:
    """Says ``READY=1`` or ``STOPPING=1`` to whoever started the gateway and asked for it: systemd (Type=notify) or the
    workers' supervisor (https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html)."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)
