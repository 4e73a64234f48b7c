"""Which provider answers at a host, for traffic that is only looked at."""

from __future__ import annotations

import pytest

from agw.providers import provider_of_host


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        ("api.openai.com", "openai"),
        ("US.api.openai.com.", "openai"),
        ("notapi.openai.com", None),
        ("api.openai.com.evil.example", None),
        ("openai.com", None),
        ("api.anthropic.com", "anthropic"),
        ("docs.anthropic.com", None),
        ("generativelanguage.googleapis.com", "gcp.gemini"),
        ("storage.googleapis.com", None),
        ("aiplatform.googleapis.com", "gcp.vertex_ai"),
        ("us-central1-aiplatform.googleapis.com", "gcp.vertex_ai"),
        ("aiplatform.eu.rep.googleapis.com", "gcp.vertex_ai"),
        ("x-aiplatform.googleapis.com.evil.example", None),
        ("bedrock-runtime.us-east-1.amazonaws.com", "aws.bedrock"),
        ("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "aws.bedrock"),
        ("bedrock-agent-runtime.eu-west-1.amazonaws.com", "aws.bedrock"),
        ("bedrock-runtime.cn-north-1.amazonaws.com.cn", "aws.bedrock"),
        ("vpce-0a1-x.bedrock-runtime.us-east-1.vpce.amazonaws.com", "aws.bedrock"),
        ("s3.us-east-1.amazonaws.com", None),
        ("me.openai.azure.com", "azure.ai.openai"),
        ("me.services.ai.azure.com", "azure.ai.inference"),
        ("api.individual.githubcopilot.com", "copilot"),
        ("api.cohere.com", "cohere"),
        ("api.mistral.ai", "mistral_ai"),
        ("api.x.ai", "x_ai"),
        ("openrouter.ai", "openrouter"),
        ("localhost", None),
        ("", None),
    ],
)
def test_known_hosts_are_known_by_whole_labels(host, provider):
    assert provider_of_host(host) == provider
