"""OpenAI (agentgateway.md §3.1, §3.3; https://platform.openai.com/docs/api-reference)."""

from __future__ import annotations

from agw.providers.spec import ProviderSpec

OPENAI_PATHS = {
    "completions": "/chat/completions",
    "responses": "/responses",
    "text_completions": "/completions",
    "messages": "/messages",
    "anthropicTokenCount": "/messages/count_tokens",
    "embeddings": "/embeddings",
    "rerank": "/rerank",
    "realtime": "/realtime",
    "models": "/models",
}
"""The usual path of every API type below a base such as ``/v1``, of which a provider serves some."""


def usual_paths(*api_types: str) -> dict[str, str]:
    return {kind: OPENAI_PATHS[kind] for kind in (*api_types, "models")}


OPENAI = ProviderSpec(
    name="openai",
    host="api.openai.com",
    base_path="/v1",
    paths=usual_paths("completions", "responses", "text_completions", "embeddings", "rerank", "realtime"),
    keeps_client_path=True,
    formats=("completions", "responses", "text_completions", "embeddings", "rerank"),
    renames_max_tokens=True,
)
