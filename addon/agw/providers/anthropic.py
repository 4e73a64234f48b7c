"""Anthropic (agentgateway.md §3.1, §3.3; https://docs.claude.com/en/api/overview)."""

from __future__ import annotations

from agw.config.snapshot import Location, LocationKind
from agw.providers.openai import usual_paths
from agw.providers.spec import BEARER, ProviderSpec

X_API_KEY = Location(LocationKind.HEADER, "x-api-key")
VERSION = (("anthropic-version", "2023-06-01"),)

KEY_PLACES = (("sk-ant-oat", BEARER), ("", X_API_KEY))
"""A token of a subscription's sign-in stays a bearer token; every other key is an API key."""

ANTHROPIC = ProviderSpec(
    name="anthropic",
    host="api.anthropic.com",
    base_path="/v1",
    paths=usual_paths("messages", "anthropicTokenCount"),
    keeps_client_path=True,
    formats=("messages", "anthropicTokenCount"),
    key_places=KEY_PLACES,
    default_headers=VERSION,
    # Anthropic refuses what looks like a browser.
    removed_headers=("origin", "access-control-request-*", "sec-fetch-*"),
)
