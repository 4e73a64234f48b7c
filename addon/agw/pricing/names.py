"""Words for providers: telemetry's, the config's and the price list's."""

from __future__ import annotations

# Where genai-prices has another word than gen_ai.provider.name or a preset of the config.
_PROVIDER_IDS = {
    "aws.bedrock": "aws",
    "bedrock": "aws",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "azure.openai": "azure",
    "copilot": "github-copilot",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "gemini": "google",
    "vertex": "google",
    "mistral_ai": "mistral",
    "moonshot_ai": "moonshotai",
    "togetherai": "together",
    "together_ai": "together",
    "voyage": "voyageai",
    "x_ai": "x-ai",
    "xai": "x-ai",
}


def provider_id(provider: str) -> str:
    """The list's word for a provider. Only whole names: a provider that merely sounds like one has other prices."""
    return _PROVIDER_IDS.get(provider, provider)
