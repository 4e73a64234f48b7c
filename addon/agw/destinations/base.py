"""What a destination is made of, and what its worker needs.

::

    Receiver (made of the config's destination, compared by equality)
        └─ open() ──► Channel: encode(record) ──► item, size      one record in the receiver's terms
                               send(items)    ──► Outcome         one request with some of them

A platform brings a ``Receiver`` and a ``Channel``; queue, order, retries, halving and parking are the worker's
(``worker.py``), and the backlog is the journal's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from agw.destinations.outcome import Outcome
from agw.record import CallRecord
from agw.values import value


@value
class Encoded:
    """``item`` is what the channel's own ``send`` takes; ``size_bytes`` its share of a request, roughly."""

    item: Any
    size_bytes: int


class Channel(Protocol):
    """The way to one receiver. Used by one thread; ``close`` may come from another."""

    max_bytes: int
    """Of one request; the item that reaches it closes the batch."""
    max_items: int

    def encode(self, record: CallRecord) -> Encoded:
        """May raise: the record is then parked."""

    def send(self, items: Sequence[Any], *, at_most_s: float = math.inf) -> Outcome:
        """Blocks until the receiver has answered, its time-out is over or ``at_most_s`` has passed. Never raises."""

    def close(self) -> None:
        """A request under way may be cut."""


class Receiver(Protocol):
    """One place that records go to, as the config says it. Equal ones are the same across a reload."""

    @property
    def name(self) -> str:
        """Of its cursor in the journal: stable across restarts, different for each place; holds no credential."""

    @property
    def place(self) -> str:
        """What people are told: an endpoint, say, without credentials."""

    def wants(self, record: CallRecord) -> bool:
        """Whether the record goes there at all; the same answer however often it is asked."""

    def open(self, environ: Mapping[str, str]) -> Channel:
        """Raises OSError where a file cannot be read (tried again later), ValueError where it cannot work."""


@value
class Row:
    """One record that waits. ``record`` is None where ``trouble`` says why it cannot be read."""

    seq: int
    record: CallRecord | None
    size_bytes: int
    trouble: str = ""


class Backlog(Protocol):
    """Where records wait: a journal, on disk or in memory. Safe from any thread."""

    def read(self, destination: str, after: int, max_rows: int, max_bytes: int) -> list[Row]:
        """The oldest rows behind ``after`` that were not handled apart; at least one if there is any."""

    def position(self, destination: str) -> int:
        """Up to which row all is done. A destination that is new here begins at the end."""

    def acknowledge(self, destination: str, seq: int) -> None:
        """All up to ``seq`` is done. Kept soon, not at once: what is sent again after a crash has the same ids."""

    def park(self, destination: str, seq: int, reason: str) -> None:
        """This row is set aside: the receiver will never take it."""

    def newest(self) -> int:
        """The last row; 0 where there was none."""


@dataclass(frozen=True, slots=True)
class DeliveryStats:
    """Of one destination, in records. ``sent``, ``parked`` and ``dropped`` count since the start."""

    name: str
    place: str
    sent: int
    queued: int
    parked: int
    dropped: int
    """Taken by nobody: rejected within a partial success, or pruned before they were sent."""
    lag_s: float | None
    """How long ago the oldest one that waits has ended; None where none waits."""
    failures: int
    """Requests in a row that failed; 0 while all is well."""
    last_error: str
