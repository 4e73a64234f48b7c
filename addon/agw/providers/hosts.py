"""The hosts by which providers are known on the wire, for traffic that the gateway only looks at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from agw.providers.presets import PRESETS

_HOSTS: Mapping[str, str] = {
    "api.openai.com": "openai",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "aiplatform.googleapis.com": "gcp.vertex_ai",
    "aiplatform.us.rep.googleapis.com": "gcp.vertex_ai",
    "aiplatform.eu.rep.googleapis.com": "gcp.vertex_ai",
    "openai.azure.com": "azure.ai.openai",
    "services.ai.azure.com": "azure.ai.inference",
    "githubcopilot.com": "copilot",
    "api.cohere.com": "cohere",
    "api.moonshot.ai": "moonshot_ai",
    "api.perplexity.ai": "perplexity",
    **{urlsplit(one.base_url).hostname or "": one.name for key, one in PRESETS.items() if key != "ollama"},
}
"""Regional and vanity hosts below these count as the same provider."""

_PATTERNS = (
    (re.compile(r"[a-z0-9-]+-aiplatform\.googleapis\.com"), "gcp.vertex_ai"),
    (re.compile(r"(.+\.)?bedrock-(agent-)?runtime(-fips)?\.[a-z0-9-]+(\.vpce)?\.amazonaws\.com(\.cn)?"), "aws.bedrock"),
)


def provider_of_host(host: str) -> str | None:
    """``gen_ai.provider.name`` of the provider that answers at ``host``, None where nobody known does.

    ``us.api.openai.com`` is OpenAI, ``notapi.openai.com`` is not.
    """
    host = host.lower().rstrip(".")
    for pattern, name in _PATTERNS:
        if pattern.fullmatch(host):
            return name
    while host:
        if host in _HOSTS:
            return _HOSTS[host]
        _, _, host = host.partition(".")
    return None
