"""Opens the config's ports beside the modes that the person asked for, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource

from mitmproxy import ctx, exceptions
from mitmproxy.addons.proxyserver import Proxyserver

from agw.config.snapshot import Snapshot
from agw.hooks.mode import GatewayMode, spec_of

logger = logging.getLogger("agw")

_FILES_WANTED = 65536


def keep_default_port_shut() -> None:
    """Keeps mitmproxy from opening its own default port when the person gave no ``--mode``.

    Scripts load just before that listener is decided, or just after, while it is on its way: the first is met by an
    empty mode, the second by cancelling the task. Once ``running`` fires, the modes are the config's.
    """
    if not ctx.options.has_changed("mode"):
        open_nothing()


def open_nothing() -> None:
    """Not even the modes that the person asked for: a proxy that was to be a gateway and is none lets all pass."""
    # Another script may object to any change.
    with contextlib.suppress(exceptions.OptionsError):
        ctx.options.update(mode=[])
    servers = _proxyserver().servers
    if not servers.is_updating:
        return
    for task in asyncio.all_tasks():
        if task.get_name().startswith("setup_servers"):
            task.cancel()
    servers._instances.clear()


class Ports:
    """Keeps ``mode`` equal to the person's modes plus the snapshot's ports."""

    def __init__(self) -> None:
        self._theirs: list[str] | None = None
        self._ours: list[str] = []

    def wanted(self, snapshot: Snapshot) -> list[str]:
        host = ctx.options.listen_host or "localhost"
        return [spec_of(host, port.port) for port in snapshot.ports]

    async def open(self, snapshot: Snapshot) -> list[str]:
        """Opens and closes ports until they are the snapshot's. Returns what went wrong, one text for each port."""
        if self._theirs is None:
            self._theirs = list(ctx.options.mode) if ctx.options.has_changed("mode") else []
        self._ours = self.wanted(snapshot)
        ctx.options.update(mode=[*self._theirs, *self._ours])
        servers = _proxyserver().servers
        await asyncio.sleep(0)
        while servers.is_updating:
            await asyncio.sleep(0.005)
        return [
            f"port {server.mode.listen_port()} cannot be opened: {_reason(server.last_exception)}"
            for server in servers
            if isinstance(server.mode, GatewayMode) and server.last_exception is not None
        ]

    def modes_changed(self) -> None:
        """mitmweb lets people switch modes, and forgets those it does not know: ours come back."""
        if self._theirs is None:
            return
        modes = list(ctx.options.mode)
        self._theirs = [mode for mode in modes if mode not in self._ours]
        if any(mode not in modes for mode in self._ours):
            ctx.options.update(mode=[*self._theirs, *self._ours])


def warn_of_open_routes(snapshot: Snapshot) -> None:
    """Where the ports are opened to other machines."""
    host = ctx.options.listen_host
    if host not in ("", "localhost", "127.0.0.1", "::1") and (open_to_all := _open_routes(snapshot)):
        logger.warning(
            f"listening on {host}: the config authenticates no client on {open_to_all}, so whoever reaches the port "
            "spends your keys"
        )


def _open_routes(snapshot: Snapshot) -> str:
    """Names the routes on which nobody must authenticate, for people; empty where there are none."""
    routes = [route for port in snapshot.ports for listener in port.listeners for route in listener.routes]
    names = [route.name for route in routes if not route.policies.client.authenticates]
    if len(names) == len(routes):
        return "any route" if names else ""
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")


def _proxyserver() -> Proxyserver:
    addon = ctx.master.addons.get("proxyserver")
    if not isinstance(addon, Proxyserver):
        raise RuntimeError("mitmproxy runs without its proxyserver addon")
    return addon


def _reason(error: Exception | None) -> str:
    number = getattr(error, "errno", None)
    if number == 98 or "in use" in str(error).lower():
        return "it is in use by another program; stop that one, or write another port in the config"
    if number == 13:
        return "not permitted; ports below 1024 need privileges, write a higher one in the config"
    return str(error)


def raise_file_limit() -> None:
    """Every call holds two sockets: a thousand streams do not fit in the usual limit of 1,024 open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES_WANTED if hard == resource.RLIM_INFINITY else min(hard, _FILES_WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
