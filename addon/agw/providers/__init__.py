"""The providers: where each one lives, which paths it serves, where its key goes. Data, not code."""

from agw.providers.registry import PROVIDERS, provider_of_host
from agw.providers.spec import ProviderSpec
from agw.providers.upstream import Upstream, upstream_of

__all__ = ["PROVIDERS", "ProviderSpec", "Upstream", "provider_of_host", "upstream_of"]
