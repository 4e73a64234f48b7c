"""Providers that need no code: base URL and formats, as data (agentgateway.md §1.10), and ``custom``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from agw.config.snapshot import Target
from agw.providers.openai import OPENAI_PATHS, usual_paths
from agw.providers.spec import ProviderSpec

CUSTOM_BASE = "/v1"


@dataclass(frozen=True, slots=True)
class Preset:
    name: str
    """``gen_ai.provider.name``, in the conventions' spelling where they have one."""
    base_url: str
    formats: tuple[str, ...]
    """The preferred ones first, at their usual paths below the base URL."""
    own_paths: Mapping[str, str] = field(default_factory=dict)
    """Formats at a path from the host's root."""
    takes_stream_options: bool = True
    """False: the API refuses ``stream_options``, and streams carry usage without it."""


PRESETS: Mapping[str, Preset] = {
    "cohere": Preset(
        "cohere",
        "https://api.cohere.ai",
        ("completions", "embeddings", "rerank"),
        {
            "completions": "/compatibility/v1/chat/completions",
            "embeddings": "/compatibility/v1/embeddings",
            "rerank": "/v2/rerank",
        },
    ),
    "ollama": Preset("ollama", "http://localhost:11434/v1", ("completions", "responses", "embeddings")),
    "baseten": Preset("baseten", "https://inference.baseten.co/v1", ("completions", "messages")),
    "cerebras": Preset("cerebras", "https://api.cerebras.ai/v1", ("completions",)),
    "deepinfra": Preset(
        "deepinfra",
        "https://api.deepinfra.com/v1/openai",
        ("completions", "messages", "embeddings"),
        {"messages": "/anthropic/v1/messages"},
    ),
    "deepseek": Preset(
        "deepseek",
        "https://api.deepseek.com/v1",
        ("completions", "messages", "responses"),
        {"messages": "/anthropic/v1/messages"},
    ),
    "groq": Preset("groq", "https://api.groq.com/openai/v1", ("completions", "responses")),
    "huggingface": Preset("huggingface", "https://router.huggingface.co/v1", ("completions", "responses")),
    "mistral": Preset(
        "mistral_ai", "https://api.mistral.ai/v1", ("completions", "embeddings"), takes_stream_options=False
    ),
    "openrouter": Preset(
        "openrouter", "https://openrouter.ai/api/v1", ("completions", "messages", "responses", "embeddings", "rerank")
    ),
    "togetherai": Preset("togetherai", "https://api.together.xyz/v1", ("completions", "embeddings", "rerank")),
    "xai": Preset("x_ai", "https://api.x.ai/v1", ("completions", "responses", "realtime")),
    "fireworks": Preset(
        "fireworks",
        "https://api.fireworks.ai/inference/v1",
        ("completions", "messages", "responses", "embeddings", "rerank"),
    ),
}


def spec_of_preset(preset: Preset) -> ProviderSpec:
    url = urlsplit(preset.base_url)
    tls = url.scheme == "https"
    return ProviderSpec(
        name=preset.name,
        host=url.hostname or "",
        port=url.port or (443 if tls else 80),
        tls=tls,
        base_path=url.path,
        paths=usual_paths(*(kind for kind in preset.formats if kind not in preset.own_paths)),
        own_paths=preset.own_paths,
        formats=preset.formats,
        asks_stream_usage=preset.takes_stream_options,
        removed_members={} if preset.takes_stream_options else {"completions": ("stream_options",)},
    )


def custom(target: Target, model: str) -> ProviderSpec:
    """Parameters: ``providerOverride``, ``formats`` as (type, path or None). Without formats: Chat Completions."""
    formats: tuple[tuple[str, str | None], ...] = target.params.get("formats") or (("completions", None),)
    own = {kind: path for kind, path in formats if path is not None}
    return ProviderSpec(
        name=target.params.get("providerOverride") or "custom",
        base_path=CUSTOM_BASE,
        paths={kind: OPENAI_PATHS[kind] for kind, path in formats if path is None and kind in OPENAI_PATHS},
        own_paths=own,
        formats=tuple(kind for kind, _ in formats),
    )
