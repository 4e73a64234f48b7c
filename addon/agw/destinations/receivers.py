"""Which receivers a config asks for: one line for each kind."""

from __future__ import annotations

from agw.config.platform import Platform
from agw.config.snapshot import Snapshot
from agw.destinations.base import Receiver
from agw.destinations.helicone import HeliconeReceiver
from agw.destinations.otlp import OtlpReceiver
from agw.destinations.postgres import PostgresReceiver


def receivers(snapshot: Snapshot) -> tuple[Receiver, ...]:
    """In the order of the file, each name once."""
    found: list[Receiver] = [
        HeliconeReceiver(one) if one.platform is Platform.HELICONE else OtlpReceiver(one)
        for one in snapshot.destinations
    ]
    if snapshot.database is not None and snapshot.database.postgres is not None:
        found.append(PostgresReceiver(snapshot.database))
    return tuple({one.name: one for one in found}.values())
