"""All providers by their key in the config, and the hosts by which they are known on the wire."""

from __future__ import annotations

from collections.abc import Mapping

from agw.providers.openai import OPENAI
from agw.providers.spec import ProviderSpec

PROVIDERS: Mapping[str, ProviderSpec] = {"openAI": OPENAI}

# Hosts that speak OpenAI's formats, by the provider name that telemetry uses. Regional and vanity hosts below
# these count as the same provider.
_KNOWN_HOSTS: Mapping[str, str] = {
    "api.openai.com": "openai",
    "api.cerebras.ai": "cerebras",
    "api.deepinfra.com": "deepinfra",
    "api.deepseek.com": "deepseek",
    "api.fireworks.ai": "fireworks",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral_ai",
    "api.together.xyz": "togetherai",
    "api.x.ai": "x_ai",
    "inference.baseten.co": "baseten",
    "openai.azure.com": "azure.ai.openai",
    "openrouter.ai": "openrouter",
    "router.huggingface.co": "huggingface",
}


def provider_of_host(host: str) -> str | None:
    """The provider that answers at ``host``, None where nobody known does.

    Used for traffic that the gateway only looks at. ``us.api.openai.com`` is OpenAI, ``notapi.openai.com`` is not.
    """
    host = host.lower().rstrip(".")
    while host:
        if host in _KNOWN_HOSTS:
            return _KNOWN_HOSTS[host]
        _, _, host = host.partition(".")
    return None
