"""Microsoft Entra tokens through azure-identity (https://learn.microsoft.com/python/api/overview/azure/identity-readme)."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from agw.config.auths import AzureAuth, AzureIdentity
from agw.config.secret import Secret
from agw.credentials.base import Bearer
from agw.credentials.renewed import Fetched
from agw.errors import UpstreamAuthError

_FOUNDRY = ".services.ai.azure.com"
_CLOUDS = (
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.chinacloudapi.cn",
    "login.partner.microsoftonline.cn",
)


def scope_of(host: str) -> str:
    """The scope of a token for the resource at ``host`` (agentgateway.md §1.7)."""
    return f"https://{'ai' if host.endswith(_FOUNDRY) else 'cognitiveservices'}.azure.com/.default"


class AzureTokens:
    """Fetches tokens for one ``backendAuth.azure``."""

    def __init__(self, auth: AzureAuth, scope: str) -> None:
        self._auth = auth
        self._scope = scope
        self._credential: Any = None

    def fetch(self) -> Fetched:
        """Blocks. Raises UpstreamAuthError."""
        from azure.core.exceptions import AzureError

        try:
            if self._credential is None:
                self._credential = _credential(self._auth)
            token = self._credential.get_token(self._scope)
        except (AzureError, ValueError, OSError) as error:
            raise UpstreamAuthError(
                f"backend authentication failed: Microsoft Entra gave no token for '{self._auth.identity}' "
                f"({type(error).__name__})"
            ) from None
        return Fetched(Bearer(Secret(token.token)), float(token.expires_on))


def _credential(auth: AzureAuth) -> Any:
    import azure.identity as identity

    where = _authority()
    match auth.identity:
        case AzureIdentity.CLIENT_SECRET:
            secret = "" if auth.client_secret is None else auth.client_secret.reveal()
            return identity.ClientSecretCredential(auth.tenant_id, auth.client_id, secret, **where)
        case AzureIdentity.MANAGED:
            return identity.ManagedIdentityCredential(**_assigned(auth))
        case AzureIdentity.WORKLOAD:
            return identity.WorkloadIdentityCredential(**where)
        case AzureIdentity.DEVELOPER:
            return identity.ChainedTokenCredential(
                identity.AzureCliCredential(),
                identity.AzureDeveloperCliCredential(),
                identity.AzurePowerShellCredential(),
            )
        case AzureIdentity.IMPLICIT:
            return identity.DefaultAzureCredential(**where)


def _assigned(auth: AzureAuth) -> dict[str, Any]:
    if auth.assigned is None:
        return {}
    kind, value = auth.assigned
    if kind == "clientId":
        return {"client_id": value}
    return {"identity_config": {"object_id" if kind == "objectId" else "resource_id": value}}


def _authority() -> dict[str, Any]:
    """A private cloud's authority is unknown to Microsoft's directory of authorities, which must not be asked then."""
    host = urlsplit(os.environ.get("AZURE_AUTHORITY_HOST", "")).hostname
    return {} if host is None or host in _CLOUDS else {"disable_instance_discovery": True}
