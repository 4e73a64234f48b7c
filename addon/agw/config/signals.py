"""What a config says of the line and the metrics of each call. Part of the snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agw.cel import Expression

STATS_PORT = 15020
ADMIN_PORT = 15000


class LogFormat(StrEnum):
    READABLE = "readable"
    """Our own line, where the config says nothing of logging."""
    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Logging:
    format: LogFormat = LogFormat.READABLE
    filter: Expression | None = None
    """Only calls for which it is true have a line."""
    add: tuple[tuple[str, Expression], ...] = ()
    remove: tuple[str, ...] = ()
    on: bool = True
    """False where the level is above that of a line."""


@dataclass(frozen=True, slots=True)
class Metrics:
    labels: tuple[tuple[str, Expression], ...] = ()
    """More labels of every metric."""
    remove: frozenset[str] = frozenset()
    """Names of metrics, without ``agentgateway_``, that are left out."""
    address: tuple[str, int] | None = ("127.0.0.1", STATS_PORT)
    """Where they are shown; None: nowhere."""
    named: bool = False
    """Somebody has asked for this address, so that it is told when it cannot be had."""
    readiness: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class AdminAddress:
    """``config.adminAddr``; ``named`` if somebody wrote it, so that it must be there."""

    host: str
    port: int
    named: bool = False
