"""``backendAuth``, each kind as what it says (agentgateway.md §1.7)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agw.config.secret import Secret


class LocationKind(StrEnum):
    HEADER = "header"
    QUERY = "queryParameter"
    COOKIE = "cookie"


@dataclass(frozen=True, slots=True)
class Location:
    """Where a credential goes in the request. ``prefix`` (``Bearer ``) stands before it in a header."""

    kind: LocationKind
    name: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class BackendAuth:
    """``key``: the credential for the provider.

    ``location`` is None where the file names none: the provider then decides where its key goes.
    """

    key: Secret
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class PassthroughAuth:
    """The app's own JWT, as ``jwtAuth`` validated it, goes on to the provider; ``location`` None: as a bearer token."""

    location: Location | None = None


@dataclass(frozen=True, slots=True)
class GcpAuth:
    """A Google token: an access token, or an ID token for ``audience`` (None: the upstream's host)."""

    id_token: bool = False
    audience: str | None = None
    credential: Secret | None = None
    """A credential's JSON; None: Application Default Credentials."""


@dataclass(frozen=True, slots=True)
class AwsRole:
    arn: str
    session_name: str | None = None
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AwsKeys:
    access_key_id: str
    secret_access_key: Secret
    session_token: Secret | None = None


@dataclass(frozen=True, slots=True)
class AwsAuth:
    """SigV4 over the whole request. ``keys`` None: the SDK's default chain."""

    keys: AwsKeys | None = None
    region: str | None = None
    """None: the target's, else the environment's."""
    service: str = "bedrock"
    role: AwsRole | None = None


class AzureIdentity(StrEnum):
    CLIENT_SECRET = "clientSecret"
    MANAGED = "managedIdentity"
    WORKLOAD = "workloadIdentity"
    DEVELOPER = "developerImplicit"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True)
class AzureAuth:
    """A token of Microsoft Entra. Which fields are set depends on ``identity``."""

    identity: AzureIdentity = AzureIdentity.IMPLICIT
    tenant_id: str = ""
    client_id: str = ""
    client_secret: Secret | None = None
    assigned: tuple[str, str] | None = None
    """A user-assigned identity: (clientId, objectId or resourceId; its value)."""


@dataclass(frozen=True, slots=True)
class CopilotAuth:
    """The token that GitHub's own tools have left on this machine."""


CloudAuth = GcpAuth | AwsAuth | AzureAuth | CopilotAuth
"""Kinds whose credential must be fetched, see ``agw.credentials``."""
AnyAuth = BackendAuth | PassthroughAuth | CloudAuth
