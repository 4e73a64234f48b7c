"""What the gateway must know of a provider, as facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agw.config.snapshot import Location, LocationKind

BEARER = Location(LocationKind.HEADER, "authorization", "Bearer ")

NATIVE_ALWAYS = frozenset({"detect", "passthrough", "models", "realtime", "bedrockInvoke"})
"""API types that pass as they came, whatever the provider speaks."""


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """One provider for one target and one model: everything that varies with them is already filled in.

    Paths are absolute, percent-encoded, and may end in a query that the API needs (``?alt=sse``).
    """

    name: str
    """``gen_ai.provider.name``."""
    host: str = ""
    """Default host; empty where the config must name one."""
    port: int = 443
    tls: bool = True
    """Whether the default host is reached over TLS."""
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Wire API types that live on another host than ``host``."""
    base_path: str = ""
    """What stands before each of ``paths``; ``pathPrefix`` replaces it."""
    paths: Mapping[str, str] = field(default_factory=dict)
    """Wire API type to the path below ``base_path``."""
    own_paths: Mapping[str, str] = field(default_factory=dict)
    """Wire API type to a path from the host's root; ``pathPrefix`` is put before it."""
    stream_paths: Mapping[str, str] = field(default_factory=dict)
    """The same as ``own_paths``, for streams where the API gives them a path of their own."""
    keeps_client_path: bool = False
    """``hostOverride`` alone means some other server with this API: an untranslated call keeps the app's path."""
    formats: tuple[str, ...] = ()
    """Wire API types that it speaks, the preferred ones first."""
    compat: frozenset[str] = frozenset()
    """Those of ``formats`` that are the provider's imitation of another's API: taken only where no translation into
    its own API exists."""
    key_places: tuple[tuple[str, Location], ...] = (("", BEARER),)
    """(first characters of a key, where such a key goes); the first that fits counts."""
    key_parameter: str | None = None
    """A parameter of the query in which its apps may show their key; it does not pass where the config brings one."""
    default_headers: tuple[tuple[str, str], ...] = ()
    """Headers that are set where the app sent none of that name."""
    set_headers: tuple[tuple[str, str], ...] = ()
    removed_headers: tuple[str, ...] = ()
    """Names in lower case; one that ends in ``*`` takes all that begin so."""
    model_in_path: frozenset[str] = frozenset()
    """Wire API types whose body has no member ``model``."""
    body_model: str | None = None
    """The model's name as the body has to write it, where it differs from the model that was asked for."""
    body_members: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Wire API type to the members that are set in its body whatever the app wrote."""
    removed_members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Wire API type to members that the API does not take."""
    removes_cache_scope: bool = False
    """``cache_control.scope`` is not known there (Claude on Vertex)."""
    renames_max_tokens: bool = False
    """Models ``gpt-*`` take ``max_completion_tokens`` for ``max_tokens``."""
    asks_stream_usage: bool = True
    """Streamed completions carry usage only where ``stream_options.include_usage`` asks for it."""
    implicit_auth: str | None = None
    """The kind of credential that is looked for where the config names none: gcp, aws, azure or copilot."""

    def key_location(self, api_type: str, key: str) -> Location:
        """Where ``key`` goes in a request of this wire API type, where the config names no place."""
        if api_type in self.compat:
            return BEARER
        return next((place for start, place in self.key_places if key.startswith(start)), BEARER)
