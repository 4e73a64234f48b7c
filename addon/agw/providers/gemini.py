"""Google Gemini (agentgateway.md §3.1, §3.3; https://ai.google.dev/api)."""

from __future__ import annotations

from agw.config.snapshot import Location, LocationKind, Target
from agw.providers.names import in_path
from agw.providers.spec import BEARER, ProviderSpec

KEY_PLACES = (("AIza", Location(LocationKind.HEADER, "x-goog-api-key")), ("", BEARER))
"""API keys are known by their first letters; anything else is an OAuth token."""
NATIVE = frozenset({"generateContent", "geminiCountTokens"})


def gemini(target: Target, model: str) -> ProviderSpec:
    """Its own API, and the imitation of OpenAI's that it serves beside it."""
    collection, slash, name = model.rpartition("/")
    place = f"/v1beta/{collection if slash else 'models'}/{in_path(name)}"
    return ProviderSpec(
        name="gcp.gemini",
        host="generativelanguage.googleapis.com",
        own_paths={
            "generateContent": f"{place}:generateContent",
            "geminiCountTokens": f"{place}:countTokens",
            "completions": "/v1beta/openai/chat/completions",
            "embeddings": "/v1beta/openai/embeddings",
        },
        stream_paths={"generateContent": f"{place}:streamGenerateContent?alt=sse"},
        formats=("generateContent", "geminiCountTokens", "completions", "embeddings"),
        compat=frozenset({"completions", "embeddings"}),
        key_places=KEY_PLACES,
        key_parameter="key",
        model_in_path=NATIVE,
    )
