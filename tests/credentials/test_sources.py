"""Which credential a target uses, and that equal settings share one."""

from __future__ import annotations

import asyncio

import pytest

from agw.config.auths import AwsAuth, AzureAuth, AzureIdentity, BackendAuth, CopilotAuth, GcpAuth
from agw.config.secret import Secret
from agw.config.snapshot import Target
from agw.credentials import Credentials, Outgoing, auth_of
from agw.credentials.sources import MAX_SOURCES
from agw.providers import spec_of

KEY = BackendAuth(Secret("sk-1"))


@pytest.mark.parametrize(
    ("provider", "implied"),
    [
        ("openAI", None),
        ("anthropic", None),
        ("gemini", None),
        ("custom", None),
        ("groq", None),
        ("vertex", GcpAuth()),
        ("bedrock", AwsAuth()),
        ("azure", AzureAuth(AzureIdentity.IMPLICIT)),
        ("azureOpenAI", AzureAuth(AzureIdentity.IMPLICIT)),
        ("copilot", CopilotAuth()),
    ],
)
def test_clouds_imply_a_credential_and_the_configs_own_wins(provider, implied):
    spec = spec_of(Target("t", provider), "m")
    assert auth_of(spec, None) == implied
    assert auth_of(spec, KEY) == KEY


def test_equal_settings_share_a_source_and_others_do_not():
    held = Credentials({})
    first = held.source(AwsAuth(), "h", "us-east-1")
    assert held.source(AwsAuth(), "h", "us-east-1") is first
    assert held.source(AwsAuth(), "h", "eu-west-1") is not first
    azure = held.source(AzureAuth(), "r.openai.azure.com")
    assert held.source(AzureAuth(), "other.openai.azure.com") is azure
    assert held.source(AzureAuth(), "r.services.ai.azure.com") is not azure
    assert held.source(GcpAuth(id_token=True), "a") is not held.source(GcpAuth(id_token=True), "b")
    assert held.source(GcpAuth(), "a") is held.source(GcpAuth(), "b")


def test_sources_do_not_grow_without_end():
    held = Credentials({})
    for number in range(MAX_SOURCES + 5):
        held.source(AwsAuth(), "h", f"r{number}")
    assert len(held._sources) == MAX_SOURCES


def test_a_source_is_ready_at_once_after_the_first_wait():
    async def run():
        source = Credentials({"GH_COPILOT_TOKEN": "gho_1"}).source(CopilotAuth(), "h")
        assert source.ready() is None
        await source.prepare()
        ready = source.ready()
        assert ready is not None
        assert ready.headers(Outgoing("POST", "https://x", {}, b"")) == (("authorization", "Bearer gho_1"),)

    asyncio.run(run())
