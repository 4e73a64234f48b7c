"""What a config file means, whole and immutable.

All shapes of the file (``binds``, ``gateways`` + ``routes``, ``llm``) become the same thing: ports with listeners,
listeners with routes, routes with backends. Policies are already merged, so that a call never looks upwards: a
route's policies hold what its listener and gateway said, a target's hold what its backend and provider said.

A reload builds a new snapshot and swaps it; a call keeps the one that it began with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from agw.cel import Expression
from agw.config.auths import AnyAuth
from agw.config.auths import BackendAuth as BackendAuth
from agw.config.auths import Location as Location
from agw.config.auths import LocationKind as LocationKind
from agw.config.clients import NO_CLIENT_POLICIES, ClientPolicies
from agw.config.guard_rules import PromptGuard
from agw.config.matches import Match as Match
from agw.config.matches import PathKind as PathKind
from agw.config.matches import PathMatch as PathMatch
from agw.config.matches import ValueMatch as ValueMatch
from agw.config.platform import Platform
from agw.config.secret import Secret
from agw.config.signals import AdminAddress, Logging, Metrics
from agw.content.levels import ContentSettings, Level, fullest
from agw.content.redactor import Rule
from agw.pricing.catalog import Catalog


@dataclass(frozen=True, slots=True)
class BackendTls:
    """``backendTLS``: how to speak TLS to an upstream. File names are absolute; contents are read per connection."""

    hostname: str | None = None
    """Server name for SNI and verification, where it differs from the host."""
    root_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    insecure: bool = False
    """No verification at all."""
    insecure_host: bool = False
    """The chain is verified, the name is not."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """``timeout``: seconds until the answer's head must have come; None: no limit."""

    request_s: float | None = None
    backend_request_s: float | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """``retry``: when all targets have failed, another round begins; ``attempts`` counts those beyond the first."""

    attempts: int = 1
    backoff_s: float | None = None
    """Before the first retry; doubled each time. None: a tenth of a second."""
    codes: frozenset[int] = frozenset()
    """HTTP statuses that are tried again, beside calls that got no answer."""
    precondition: Expression | None = None
    """Whether the request may be sent more than once, to whomever; None: it may."""
    condition: Expression | None = None
    """Which answers are tried again beside those of ``codes``."""


@dataclass(frozen=True, slots=True)
class Eviction:
    """``health.eviction``: when a target is put aside, and for how long.

    ``duration_s`` None: what the provider asks for (``Retry-After``), else 3 s, times the evictions in a row.
    """

    duration_s: float | None = None
    consecutive_failures: int = 1
    health_threshold: float | None = None
    restore_health: float = 1.0


@dataclass(frozen=True, slots=True)
class HeaderModifier:
    """Static header changes: ``remove`` first, then ``set``, then ``add``. Names as written."""

    add: tuple[tuple[str, str], ...] = ()
    set: tuple[tuple[str, str], ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UrlRewrite:
    """``urlRewrite``; at most one of the two path fields is set."""

    authority_host: str | None = None
    authority_port: int | None = None
    path_full: str | None = None
    path_prefix: str | None = None


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """A message that ``prompts`` adds to every prompt."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class PromptCaching:
    """``promptCaching``: where cache points go in requests to Bedrock and Anthropic."""

    system: bool = True
    messages: bool = True
    tools: bool = False
    min_tokens: int = 1024
    """Estimated tokens of the whole prompt below which nothing is marked."""
    message_offset: int = 0
    """How many of the last messages stay behind the cache point."""


@dataclass(frozen=True, slots=True)
class AiPolicy:
    """``policies.ai``, the parts that change a request."""

    routes: tuple[tuple[str, str], ...] = ()
    """(path suffix, route type), longest suffix first, ``*`` last."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    overrides: Mapping[str, Any] = field(default_factory=dict)
    model_aliases: tuple[tuple[str, str], ...] = ()
    """(pattern, model): exact names first, then patterns with ``*``, longest first."""
    transformations: tuple[tuple[str, Expression], ...] = ()
    """Body fields by expressions over ``llmRequest``, between overrides and defaults; absent takes a field away."""
    final_transformations: tuple[tuple[str, Expression], ...] = ()
    """The same for the body that the provider gets, after conversion."""
    prepend: tuple[PromptMessage, ...] = ()
    append: tuple[PromptMessage, ...] = ()
    prompt_caching: PromptCaching | None = None


@dataclass(frozen=True, slots=True)
class Policies:
    """Merged policies of a route or of a target; a None field says nothing."""

    backend_auth: AnyAuth | None = None
    backend_tls: BackendTls | None = None
    tunnel: tuple[str, int] | None = None
    """Host and port of the HTTP proxy through which the upstream is reached."""
    timeouts: Timeouts | None = None
    url_rewrite: UrlRewrite | None = None
    request_headers: HeaderModifier | None = None
    response_headers: HeaderModifier | None = None
    retry: Retry | None = None
    eviction: Eviction | None = None
    unhealthy: Expression | None = None
    """Which answers count against a target's health; None: FAILOVER_STATUSES."""
    ai: AiPolicy | None = None
    prompt_guard: PromptGuard | None = None
    client: ClientPolicies = NO_CLIENT_POLICIES
    """Of a target only ``authorization``, which an entry of ``llm.models`` may have; all others are asked before."""

    def over(self, outer: Policies) -> Policies:
        """These policies, and what they leave unsaid from ``outer``. A policy is replaced whole, not mixed."""
        said = {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}
        return replace(outer, **{**said, "client": self.client.over(outer.client)})


@dataclass(frozen=True, slots=True)
class Target:
    """One provider that can answer: an entry of ``ai.groups[].providers``, or the ``ai`` block itself."""

    name: str
    provider: str
    """The key in the file: ``openAI``, a preset's name, ``custom``, ..."""
    model: str | None = None
    """Model that replaces the client's; None: the client's own."""
    host_override: tuple[str, int] | None = None
    """Host and port; plaintext unless ``policies.backend_tls`` is set."""
    path_override: str | None = None
    path_prefix: str | None = None
    tokenize: bool = False
    """A call's input tokens are estimated before it is sent, and must fit in the limits on tokens."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """The provider's other parameters, as written."""
    policies: Policies = Policies()


@dataclass(frozen=True, slots=True)
class Backend:
    """One weighted backend of a route.

    ``groups`` holds an AI backend's targets by priority, first group preferred. ``host`` is set instead for a plain
    ``host: name:port`` backend, to which calls pass untouched and unrecorded.
    """

    name: str
    weight: int = 1
    groups: tuple[tuple[Target, ...], ...] = ()
    host: tuple[str, int] | None = None
    policies: Policies = Policies()


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One entry of ``llm.models``: which targets answer a model name (exact, ``*``, ``prefix*``, ``*suffix``)."""

    pattern: str
    backend: Backend
    headers: tuple[tuple[ValueMatch, ...], ...] = ()
    """Alternatives of headers that must be there (``matches``); empty: always."""
    public: bool = True


class VirtualKind(StrEnum):
    WEIGHTED = "weighted"
    FAILOVER = "failover"
    CONDITIONAL = "conditional"


@dataclass(frozen=True, slots=True)
class VirtualTarget:
    """A model that a virtual one may stand for; which of the other fields counts depends on the kind."""

    model: str
    entries: tuple[ModelEntry, ...] = ()
    """Those that take the model, with targets of its name. Made once: health and policies are kept by target."""
    weight: int = 1
    priority: int = 0
    """Lower is preferred."""
    when: Expression | None = None
    """None: always."""


@dataclass(frozen=True, slots=True)
class VirtualModel:
    """A name that stands for others. Targets in the file's order, those of a failover by priority."""

    name: str
    kind: VirtualKind
    targets: tuple[VirtualTarget, ...]


@dataclass(frozen=True, slots=True)
class Route:
    name: str
    """``namespace/name``."""
    hostnames: tuple[str, ...] = ()
    matches: tuple[Match, ...] = (Match(),)
    policies: Policies = Policies()
    backends: tuple[Backend, ...] = ()
    models: tuple[ModelEntry, ...] = ()
    """Set for the route made of ``llm:``; the model in the body then chooses the backend."""
    virtual_models: tuple[VirtualModel, ...] = ()


@dataclass(frozen=True, slots=True)
class Listener:
    name: str
    hostname: str | None = None
    """Exact or ``*.example.com``; None takes every host."""
    routes: tuple[Route, ...] = ()


@dataclass(frozen=True, slots=True)
class Port:
    """A port to open. ``gateway`` is its name in telemetry (the gateway's, or ``bind/PORT``)."""

    port: int
    gateway: str
    listeners: tuple[Listener, ...] = ()


@dataclass(frozen=True, slots=True)
class Sampling:
    """Probability in 0..1 that a call is sampled, or what gives it when the call begins."""

    random: float | Expression = 0.0
    """For calls without a valid incoming traceparent."""
    client: float | Expression = 1.0
    """For calls with one."""


@dataclass(frozen=True, slots=True)
class Fields:
    """``fields``: attributes by name, and names of built-in ones that are left out (agentgateway.md §2.5)."""

    add: tuple[tuple[str, Expression], ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Destination:
    """One place that records go to, with the environment already over it."""

    endpoint: str
    """``scheme://host:port`` without a path; scheme ``http`` or ``https``."""
    protocol: str = "grpc"
    """``grpc`` or ``http`` (protobuf over HTTP; JSON for Helicone)."""
    path: str = "/v1/traces"
    """Posted to exactly, HTTP only."""
    headers: tuple[tuple[str, Secret], ...] = ()
    name: str = "tracing"
    platform: Platform = Platform.SUPERSET
    content: Level = Level.NONE
    redact: tuple[Rule, ...] = ()
    """What is taken out where ``content`` is not full."""
    api: str | None = None
    """The platform's own API, ``scheme://host:port/path``, where it is not beside the endpoint."""
    root: bool | None = None
    """Whether a call is a root there though its client brought a trace; None: as the platform needs it."""
    fields: Fields = Fields()
    resource: tuple[tuple[str, str], ...] = ()
    """Resource attributes over those of the environment."""
    filter: Expression | None = None
    """Only calls for which it is true."""
    share: float | Expression = 1.0
    """Of the calls, 0 to 1, or what gives it for a finished call."""
    sampled_only: bool = False
    """Only calls that the head of their trace decided to sample."""


@dataclass(frozen=True, slots=True)
class MetricsTo:
    """``config.metrics.otlp``: where metrics are sent, and how often."""

    destination: Destination
    interval_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Tracing(Destination):
    """``config.tracing``: a destination that also decides which calls are traced (agentgateway.md §1.2)."""

    sampled_only: bool = True
    sampling: Sampling = Sampling()


@dataclass(frozen=True, slots=True)
class Database:
    """``config.database``: the journal's file, memory instead of one, or a PostgreSQL server that gets every call."""

    file: str | None = None
    """Absolute name."""
    memory: bool = False
    postgres: Secret | None = None
    """The whole URL, since it holds the password."""
    place: str = ""
    """The server and database without credentials."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One config file, ready to serve."""

    file: str
    sha256: str
    """Of the file's bytes, before expansion."""
    ports: tuple[Port, ...] = ()
    tracing: Tracing | None = None
    destinations: tuple[Destination, ...] = ()
    """All places that spans go to; ``tracing`` is the first of them where there is one."""
    database: Database | None = None
    connect_timeout_s: float = 10.0
    """``config.backend.connectTimeout``."""
    catalog: Catalog = field(default_factory=Catalog)
    """``config.modelCatalog``, merged."""
    user: Expression | None = None
    group: Expression | None = None
    """``config.standardAttributes``."""
    content: ContentSettings = field(default_factory=ContentSettings)
    logging: Logging = field(default_factory=Logging)
    metrics: Metrics = field(default_factory=Metrics)
    admin: AdminAddress | None = None
    """Where the admin page is; None: nowhere."""
    metrics_to: MetricsTo | None = None
    files: tuple[str, ...] = ()
    """Other files whose change means another snapshot; absolute names."""
    max_body_bytes: int = 256 * 1024 * 1024
    """``frontendPolicies.http.maxBufferSize``: a request that is longer is refused."""

    @property
    def content_needed(self) -> Level:
        """How much of prompts and answers a record must hold, for the journal and all destinations."""
        return fullest([self.content.level, *(one.content for one in self.destinations)])
