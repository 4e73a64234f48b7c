"""Which receivers a config asks for: one line for each kind."""

from __future__ import annotations

from agw.config.snapshot import Snapshot
from agw.destinations.base import Receiver
from agw.destinations.otlp import OtlpReceiver
from agw.telemetry.dialects import DIALECTS


def receivers(snapshot: Snapshot) -> tuple[Receiver, ...]:
    """In the order of the file, each name once."""
    found: list[Receiver] = [OtlpReceiver(one) for one in snapshot.destinations if one.platform in DIALECTS]
    return tuple({one.name: one for one in found}.values())
