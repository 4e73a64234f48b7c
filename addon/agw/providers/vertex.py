"""Google Vertex AI (agentgateway.md §3.1; https://cloud.google.com/vertex-ai/generative-ai/docs).

What it speaks depends on the model: Claude is served by Anthropic's API in a wrapping of its own, Gemini by Google's,
all others by an imitation of OpenAI's.
"""

from __future__ import annotations

from dataclasses import replace

from agw.config.snapshot import Target
from agw.providers.gemini import NATIVE
from agw.providers.names import at_date, bare, in_path, is_claude, is_gemini
from agw.providers.spec import ProviderSpec

ANTHROPIC_VERSION = "vertex-2023-10-16"
_MULTI_REGION = ("us", "eu")


def vertex(target: Target, model: str) -> ProviderSpec:
    """Parameters: ``projectId``, ``region`` (global if none)."""
    project, region = target.params.get("projectId", ""), target.params.get("region") or "global"
    base = f"/v1/projects/{project}/locations/{region}"
    spec = ProviderSpec(
        name="gcp.vertex_ai",
        host=_host(region),
        hosts={"vertexRerank": "discoveryengine.googleapis.com"},
        key_parameter="key",
        implicit_auth="gcp",
    )
    rank = f"/v1/projects/{project}/locations/global/rankingConfigs/default_ranking_config:rank"
    if is_claude(model):
        return _claude(spec, f"{base}/publishers/anthropic/models", at_date(bare(model)))
    google = f"{base}/publishers/google/models/{in_path(bare(model))}"
    others = {
        "completions": f"{base}/endpoints/openapi/chat/completions",
        "vertexEmbeddings": f"{google}:predict",
        "vertexRerank": rank,
    }
    if not is_gemini(model):
        return replace(spec, own_paths=others, formats=tuple(others))
    return replace(
        spec,
        own_paths={
            "generateContent": f"{google}:generateContent",
            "geminiCountTokens": f"{google}:countTokens",
            **others,
        },
        stream_paths={"generateContent": f"{google}:streamGenerateContent?alt=sse"},
        formats=("generateContent", "geminiCountTokens", *others),
        compat=frozenset({"completions"}),
        model_in_path=NATIVE,
        body_model=f"google/{bare(model)}",
    )


def _claude(spec: ProviderSpec, models: str, model: str) -> ProviderSpec:
    return replace(
        spec,
        own_paths={
            "messages": f"{models}/{in_path(model)}:rawPredict",
            "anthropicTokenCount": f"{models}/count-tokens:rawPredict",
        },
        stream_paths={"messages": f"{models}/{in_path(model)}:streamRawPredict"},
        formats=("messages", "anthropicTokenCount"),
        model_in_path=frozenset({"messages"}),
        body_model=model,
        body_members={kind: {"anthropic_version": ANTHROPIC_VERSION} for kind in ("messages", "anthropicTokenCount")},
        removed_members={"messages": ("output_format",)},
        removes_cache_scope=True,
    )


def _host(region: str) -> str:
    if region == "global":
        return "aiplatform.googleapis.com"
    return (
        f"aiplatform.{region}.rep.googleapis.com" if region in _MULTI_REGION else f"{region}-aiplatform.googleapis.com"
    )
