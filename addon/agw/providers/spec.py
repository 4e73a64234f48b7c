"""What the gateway must know of a provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agw.config.snapshot import Location, LocationKind

BEARER = Location(LocationKind.HEADER, "authorization", "Bearer ")


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """One provider, as facts."""

    name: str
    """``gen_ai.provider.name``."""
    host: str
    """Default host, reached over TLS on port 443."""
    base_path: str
    """What stands before every path of its API; ``pathPrefix`` replaces it."""
    paths: Mapping[str, str] = field(default_factory=dict)
    """API type to the path below ``base_path``; a type that is missing keeps the client's path."""
    key_location: Location = BEARER
    """Where ``backendAuth.key`` goes when the config names no place."""
