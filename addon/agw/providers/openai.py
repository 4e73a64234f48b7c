"""OpenAI (agentgateway.md §3.1, §3.3; https://platform.openai.com/docs/api-reference)."""

from __future__ import annotations

from agw.providers.spec import ProviderSpec

OPENAI = ProviderSpec(
    name="openai",
    host="api.openai.com",
    base_path="/v1",
    paths={
        "completions": "/chat/completions",
        "responses": "/responses",
        "text_completions": "/completions",
        "embeddings": "/embeddings",
    },
)
