"""Amazon Bedrock (agentgateway.md §3.1; https://docs.aws.amazon.com/bedrock/latest/APIReference)."""

from __future__ import annotations

from typing import Any

from agw.config.snapshot import Target
from agw.providers.names import in_path, is_claude
from agw.providers.spec import ProviderSpec


def bedrock(target: Target, model: str) -> ProviderSpec:
    """Parameters: ``region``, ``guardrailIdentifier``, ``guardrailVersion``. A model may be an ARN."""
    region = target.params.get("region", "")
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    place = f"/model/{in_path(model)}"
    counts = ("bedrockTokenCount",) if is_claude(model) else ()
    return ProviderSpec(
        name="aws.bedrock",
        host=f"bedrock-runtime.{region}.{domain}",
        hosts={"bedrockRerank": f"bedrock-agent-runtime.{region}.{domain}"},
        own_paths={
            "converse": f"{place}/converse",
            "bedrockEmbeddings": f"{place}/invoke",
            "bedrockTokenCount": f"{place}/count-tokens",
            "bedrockRerank": "/rerank",
        },
        stream_paths={"converse": f"{place}/converse-stream"},
        formats=("converse", *counts, "bedrockEmbeddings", "bedrockRerank"),
        # Codex sends the first two; the others are what an app on AWS's SDK signed with.
        removed_headers=(
            "conversation_id",
            "session_id",
            "x-amz-security-token",
            "x-amz-date",
            "x-amz-content-sha256",
        ),
        model_in_path=frozenset({"converse", "bedrockEmbeddings", "bedrockTokenCount", "bedrockRerank"}),
        body_members=_guardrail(target),
        implicit_auth="aws",
    )


def _guardrail(target: Target) -> dict[str, dict[str, Any]]:
    names = ("guardrailIdentifier", "guardrailVersion")
    said = {name: target.params[name] for name in names if target.params.get(name)}
    return {"converse": {"guardrailConfig": said}} if said else {}
