"""Which source gives the credential of a target, each built once and kept."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping

from agw.config.auths import AnyAuth, AwsAuth, AzureAuth, AzureIdentity, CloudAuth, CopilotAuth, GcpAuth
from agw.credentials.aws import AwsCredentials
from agw.credentials.azure import AzureTokens, scope_of
from agw.credentials.base import Source
from agw.credentials.copilot import CopilotToken
from agw.credentials.gcp import GcpTokens
from agw.credentials.renewed import Fetched, Renewed
from agw.providers import ProviderSpec

# They log every failure with its traceback and parts of the answer; what a person needs is in our own line.
for _library in ("azure", "msal", "botocore", "google.auth"):
    logging.getLogger(_library).setLevel(logging.CRITICAL + 1)

MAX_SOURCES = 1000
"""The oldest goes first; a config has a handful."""

_IMPLICIT: Mapping[str, CloudAuth] = {
    "gcp": GcpAuth(),
    "aws": AwsAuth(),
    "azure": AzureAuth(AzureIdentity.IMPLICIT),
    "copilot": CopilotAuth(),
}


def auth_of(spec: ProviderSpec, configured: AnyAuth | None) -> AnyAuth | None:
    """The config's, else what the provider implies, else None: the app's own credential passes."""
    return configured if configured is not None or spec.implicit_auth is None else _IMPLICIT[spec.implicit_auth]


class Credentials:
    """All sources of one gateway. Equal settings share a source, over reloads too."""

    def __init__(self, environ: Mapping[str, str], now_s: Callable[[], float] = time.time) -> None:
        self._environ = environ
        self._now_s = now_s
        self._sources: dict[tuple[CloudAuth, str], Source] = {}

    def source(self, auth: CloudAuth, host: str, region: str | None = None) -> Source:
        """``host`` is the resource that the credential is for; ``region`` the target's, for AWS."""
        where, build = self._build(auth, host, region)
        found = self._sources.get((auth, where))
        if found is None:
            if len(self._sources) >= MAX_SOURCES:
                del self._sources[next(iter(self._sources))]
            found = self._sources[(auth, where)] = Renewed(build(), self._now_s)
        return found

    def _build(self, auth: CloudAuth, host: str, region: str | None) -> tuple[str, Callable[[], Callable[[], Fetched]]]:
        """What beside ``auth`` tells two sources apart, and how to make one's fetch."""
        match auth:
            case GcpAuth():
                audience = f"https://{host}" if auth.id_token else ""
                return audience, lambda: GcpTokens(auth, audience).fetch
            case AwsAuth():
                return region or "", lambda: AwsCredentials(auth, region, self._now_s).fetch
            case AzureAuth():
                scope = scope_of(host)
                return scope, lambda: AzureTokens(auth, scope).fetch
            case CopilotAuth():
                return "", lambda: CopilotToken(self._environ, self._now_s).fetch
