"""Azure OpenAI and Azure AI Foundry (agentgateway.md §3.1; https://learn.microsoft.com/azure/ai-foundry/openai)."""

from __future__ import annotations

from dataclasses import replace

from agw.config.snapshot import Target
from agw.providers.anthropic import VERSION, X_API_KEY
from agw.providers.names import in_path, is_claude
from agw.providers.openai import OPENAI_PATHS
from agw.providers.spec import BEARER, ProviderSpec

FOUNDRY = ("foundry", "aiServices")
_SERVED = ("completions", "responses", "text_completions", "embeddings")
_SPEC = ProviderSpec(name="azure.ai.openai", formats=_SERVED, renames_max_tokens=True, implicit_auth="azure")


def azure(target: Target, model: str) -> ProviderSpec:
    """Parameters: ``resourceName``, ``resourceType``, ``apiVersion``, ``projectName``."""
    resource = target.params.get("resourceName", "")
    version = target.params.get("apiVersion") or "v1"
    if target.params.get("resourceType") not in FOUNDRY:
        return replace(_SPEC, host=f"{resource}.openai.azure.com", own_paths=_paths("", version, model))
    spec = replace(_SPEC, name="azure.ai.inference", host=f"{resource}.services.ai.azure.com")
    if is_claude(model):
        return replace(
            spec,
            own_paths={
                "messages": "/anthropic/v1/messages",
                "anthropicTokenCount": "/anthropic/v1/messages/count_tokens",
            },
            formats=("messages", "anthropicTokenCount"),
            # A token of Entra is a JSON Web Token; whatever else comes is the resource's key.
            key_places=(("eyJ", BEARER), ("", X_API_KEY)),
            default_headers=VERSION,
        )
    project = target.params.get("projectName") or resource
    return replace(spec, own_paths=_paths(f"/api/projects/{project}", version, model))


def azure_openai(target: Target, model: str) -> ProviderSpec:
    """The form of older configs: ``host`` and ``apiVersion``."""
    version = target.params.get("apiVersion") or "v1"
    return replace(_SPEC, host=target.params.get("host", ""), own_paths=_paths("", version, model))


def _paths(before: str, version: str, model: str) -> dict[str, str]:
    """``v1`` has no version in its query, ``preview`` one; a dated version has a path for each deployment."""
    if version == "v1":
        return {kind: f"{before}/openai/v1{OPENAI_PATHS[kind]}" for kind in _SERVED}
    query = f"?api-version={in_path(version)}"
    if version == "preview":
        return {kind: f"{before}/openai/v1{OPENAI_PATHS[kind]}{query}" for kind in _SERVED}
    paths = {kind: f"{before}/openai/deployments/{in_path(model)}{OPENAI_PATHS[kind]}{query}" for kind in _SERVED}
    return {**paths, "responses": f"{before}/openai/responses{query}"}
