"""GitHub Copilot (agentgateway.md §1.7, §3.1): which of its three chat APIs answers depends on the model."""

from __future__ import annotations

from agw.config.snapshot import Target
from agw.providers.names import is_claude
from agw.providers.spec import ProviderSpec

PATHS = {
    "completions": "/chat/completions",
    "messages": "/v1/messages",
    "responses": "/responses",
    "embeddings": "/embeddings",
    "models": "/models",
}
HEADERS = (
    ("editor-version", "agw/1.0"),
    ("x-github-api-version", "2025-10-01"),
    ("x-initiator", "agent"),
    ("x-interaction-type", "conversation-agent"),
    ("openai-intent", "conversation-agent"),
)


def copilot(target: Target, model: str) -> ProviderSpec:
    return ProviderSpec(
        name="copilot",
        host="api.githubcopilot.com",
        own_paths=PATHS,
        formats=(*_chat(model), "embeddings"),
        default_headers=HEADERS,
        renames_max_tokens=True,
        implicit_auth="copilot",
    )


def _chat(model: str) -> tuple[str, ...]:
    if is_claude(model):
        return ("messages", "completions")
    if "codex" in model:
        return ("responses",)
    return ("completions", "responses") if model.startswith("gpt-5") else ("completions",)
