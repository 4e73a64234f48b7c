"""Open upstream connections that wait for the next client, by what makes two of them the same.

Knows nothing of HTTP: who parks one here has seen that its last exchange is over. While it waits, its transport is told
to a protocol that drops it at the first byte, at its end and at any error: an idle HTTP/1.1 connection has nothing to
say. ``take`` asks the kernel once more, since the loop may not have read yet what has come.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

IDLE_S = 20.0
"""How long one waits. Upstreams and what stands before them mostly allow 60 seconds or more; those that close sooner
are noticed. Firewalls that forget a connection without a word take minutes."""

AGE_S = 300.0
"""How long one is used at all: a name that has come to mean another address is followed."""

MOST = 256
MOST_PER_KEY = 64

_SWEEP_S = 1.0
_WOKEN = select.POLLIN | select.POLLPRI | getattr(select, "POLLRDHUP", 0) if hasattr(select, "poll") else 0


@dataclass(slots=True, eq=False)
class Parked:
    """One connection. ``known`` is what its owner wants to find again."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    made_s: float
    """By the loop's clock, as all times here."""
    known: Any
    key: Hashable = None
    until_s: float = 0.0
    protocol: asyncio.BaseProtocol | None = None
    """The streams' own, while the pool's takes its place."""


class Pool:
    """Belongs to one event loop. Full, it lets go the one that has waited longest."""

    def __init__(self, most: int = MOST, most_per_key: int = MOST_PER_KEY) -> None:
        self._most = most
        self._most_per_key = most_per_key
        self._by_key: dict[Hashable, list[Parked]] = {}
        self._all: dict[Parked, None] = {}
        self._sweeping: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._all)

    def park(self, key: Hashable, parked: Parked, idle_s: float = IDLE_S) -> None:
        """Takes the connection over, or closes it: the caller is done with it either way."""
        loop = asyncio.get_running_loop()
        now_s, transport = loop.time(), parked.writer.transport
        parked.key, parked.until_s = key, min(now_s + min(idle_s, IDLE_S), parked.made_s + AGE_S)
        if parked.until_s <= now_s or not _is_at_rest(parked):
            transport.close()
            return
        parked.protocol = transport.get_protocol()
        transport.set_protocol(_Watch(self, parked))
        same = self._by_key.setdefault(key, [])
        same.append(parked)
        self._all[parked] = None
        if len(same) > self._most_per_key:
            self.drop(same[0])
        elif len(self._all) > self._most:
            self.drop(next(iter(self._all)))
        if self._sweeping is None:
            self._sweeping = loop.call_later(_SWEEP_S, self._sweep)

    def take(self, key: Hashable) -> Parked | None:
        """The one that has waited least, so that those beyond need grow old; the caller owns it from now on."""
        while same := self._by_key.get(key):
            parked = same[-1]
            alive = parked.until_s > asyncio.get_running_loop().time() and _is_silent(parked)
            if not alive:
                self.drop(parked)
                continue
            self._forget(parked)
            assert parked.protocol is not None
            parked.writer.transport.set_protocol(parked.protocol)
            return parked
        return None

    def drop(self, parked: Parked) -> None:
        if parked in self._all:
            self._forget(parked)
            parked.writer.transport.close()

    def clear(self) -> None:
        for parked in list(self._all):
            self.drop(parked)

    def _forget(self, parked: Parked) -> None:
        del self._all[parked]
        same = self._by_key[parked.key]
        same.remove(parked)
        if not same:
            del self._by_key[parked.key]

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        for parked in [one for one in self._all if one.until_s <= now_s]:
            self.drop(parked)
        self._sweeping = loop.call_later(_SWEEP_S, self._sweep) if self._all else None


class _Watch(asyncio.Protocol):
    """Hears what a parked connection should not say."""

    def __init__(self, pool: Pool, parked: Parked) -> None:
        self._pool = pool
        self._parked = parked

    def data_received(self, data: bytes) -> None:
        self._pool.drop(self._parked)

    def eof_received(self) -> None:
        self._pool.drop(self._parked)

    def connection_lost(self, error: Exception | None) -> None:
        self._pool.drop(self._parked)


def _is_at_rest(parked: Parked) -> bool:
    """Nothing is left to write and nothing is left to read, as far as this process knows."""
    reader, transport = parked.reader, parked.writer.transport
    if not isinstance(transport, asyncio.Transport):
        return False
    # StreamReader has no public word for it; without it nothing is known, and nothing kept.
    unread = getattr(reader, "_buffer", None)
    return (
        isinstance(unread, bytearray)
        and not unread
        and not reader.at_eof()
        and reader.exception() is None
        and not transport.is_closing()
        and transport.is_reading()
        and transport.get_write_buffer_size() == 0
    )


def _is_silent(parked: Parked) -> bool:
    """Neither a byte nor the end has come, as far as the kernel knows."""
    socket = parked.writer.transport.get_extra_info("socket")
    if not _WOKEN or parked.writer.transport.is_closing() or socket is None or socket.fileno() < 0:
        return False
    poll = select.poll()
    poll.register(socket.fileno(), _WOKEN)
    return not poll.poll(0)
