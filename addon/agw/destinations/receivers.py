"""Which receivers a config asks for: one line for each kind."""

from __future__ import annotations

from agw.config.snapshot import Snapshot
from agw.destinations.base import Receiver
from agw.destinations.otlp import OtlpReceiver
from agw.destinations.postgres import PostgresReceiver
from agw.telemetry.dialects import DIALECTS


def receivers(snapshot: Snapshot) -> tuple[Receiver, ...]:
    """In the order of the file, each name once."""
    found: list[Receiver] = [OtlpReceiver(one) for one in snapshot.destinations if one.platform in DIALECTS]
    if snapshot.database is not None and snapshot.database.postgres is not None:
        found.append(PostgresReceiver(snapshot.database))
    return tuple({one.name: one for one in found}.values())
