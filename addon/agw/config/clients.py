"""What a config says of clients: who they must be, how much they may ask, what is answered without a provider.

Part of the snapshot (agentgateway.md §1.6); ``policies/`` enforces it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from agw.cel import Expression
from agw.config.auths import Location, LocationKind
from agw.config.secret import Secret

BASIC = Location(LocationKind.HEADER, "authorization", "Basic ")
BEARER = Location(LocationKind.HEADER, "authorization", "Bearer ")


class Mode(StrEnum):
    """Whether a client must authenticate itself."""

    STRICT = "strict"
    """It must."""
    OPTIONAL = "optional"
    """It need not; a wrong credential is refused."""
    PERMISSIVE = "permissive"
    """It need not; a wrong credential is as none."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key, by the SHA-256 of its text (lower-case hex)."""

    sha256: Secret
    metadata: Mapping[str, Any] = field(default_factory=dict)
    allowed_models: tuple[str, ...] | None = None
    """Patterns of model names; None: all."""


@dataclass(frozen=True, slots=True)
class ApiKeyPolicy:
    keys: tuple[ApiKey, ...]
    mode: Mode = Mode.OPTIONAL
    places: tuple[Location, ...] = ()
    """Tried in their order; names of headers in lower case, here and below."""


@dataclass(frozen=True, slots=True)
class BasicAuthPolicy:
    """``users``: name to the hash of a htpasswd file, of bcrypt or ``{SHA}``."""

    users: tuple[tuple[str, Secret], ...]
    realm: str = "Restricted"
    mode: Mode = Mode.OPTIONAL
    place: Location = BASIC


@dataclass(frozen=True, slots=True)
class Jwks:
    """A key set: its ``text``, or the ``url`` that it is fetched from."""

    text: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class JwtIssuer:
    issuer: str | None
    jwks: Jwks
    audiences: tuple[str, ...] = ()
    required_claims: tuple[str, ...] = ("exp",)


@dataclass(frozen=True, slots=True)
class JwtPolicy:
    issuers: tuple[JwtIssuer, ...]
    mode: Mode = Mode.OPTIONAL
    place: Location = BEARER


@dataclass(frozen=True, slots=True)
class Authorization:
    """Refused: who fulfils one of ``deny``, fails one of ``require``, or none of ``allow`` where there are any."""

    allow: tuple[Expression, ...] = ()
    deny: tuple[Expression, ...] = ()
    require: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Cors:
    allow_origins: tuple[str, ...] = ()
    """Exact, ``*``, or with a ``*`` for a part of the host's name."""
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    allow_credentials: bool = False
    max_age_s: int | None = None


class Unit(StrEnum):
    REQUESTS = "requests"
    TOKENS = "tokens"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A bucket of ``size`` that gets ``fill`` every ``interval_s`` seconds."""

    size: int
    fill: int
    interval_s: float
    unit: Unit = Unit.REQUESTS


@dataclass(frozen=True, slots=True)
class Redirect:
    scheme: str | None = None
    host: str | None = None
    port: int | None = None
    path_full: str | None = None
    path_prefix: str | None = None
    status: int = 302


@dataclass(frozen=True, slots=True)
class DirectResponse:
    status: int
    body: bytes = b""
    body_expression: Expression | None = None
    headers: tuple[tuple[str, Expression], ...] = ()


@dataclass(frozen=True, slots=True)
class Transformation:
    """``remove`` first, then ``set``, then ``add``; names in lower case. A value that is absent takes a header away."""

    add: tuple[tuple[str, Expression], ...] = ()
    set: tuple[tuple[str, Expression], ...] = ()
    remove: tuple[str, ...] = ()
    body: Expression | None = None
    metadata: tuple[tuple[str, Expression], ...] = ()


@dataclass(frozen=True, slots=True)
class Transformations:
    request: Transformation | None = None
    response: Transformation | None = None


@dataclass(frozen=True, slots=True)
class ClientPolicies:
    """All of a route's; a None field says nothing."""

    api_key: ApiKeyPolicy | None = None
    basic_auth: BasicAuthPolicy | None = None
    jwt_auth: JwtPolicy | None = None
    authorization: Authorization | None = None
    cors: Cors | None = None
    rate_limits: tuple[RateLimit, ...] | None = None
    redirect: Redirect | None = None
    direct_response: DirectResponse | None = None
    transformations: Transformations | None = None

    def over(self, outer: ClientPolicies) -> ClientPolicies:
        """These, and what they leave unsaid from ``outer``. A policy is replaced whole, not mixed."""
        said = {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}
        return replace(outer, **said)

    @property
    def authenticates(self) -> bool:
        """Whether nobody passes without a credential."""
        asked = (self.api_key, self.basic_auth, self.jwt_auth)
        return any(one is not None and one.mode is Mode.STRICT for one in asked)


NO_CLIENT_POLICIES = ClientPolicies()
