"""Where the app's own key goes, when the config brings none."""

from __future__ import annotations

import pytest

from agw.config.snapshot import Target
from agw.policies.app_credential import moved_credential
from agw.providers import spec_of


@pytest.mark.parametrize(
    ("provider", "wire", "client", "given", "sent"),
    [
        ("openAI", "completions", "completions", {"authorization": "Bearer sk-1"}, {"authorization": "Bearer sk-1"}),
        ("openAI", "completions", "completions", {"api-key": "k"}, {"api-key": "k"}),
        ("openAI", "completions", "messages", {"x-api-key": "k"}, {"authorization": "Bearer k"}),
        ("openAI", "completions", "generateContent", {"x-goog-api-key": "k"}, {"authorization": "Bearer k"}),
        ("anthropic", "messages", "messages", {"x-api-key": "sk-ant-1"}, {"x-api-key": "sk-ant-1"}),
        ("anthropic", "messages", "completions", {"authorization": "Bearer sk-ant-1"}, {"x-api-key": "sk-ant-1"}),
        ("anthropic", "messages", "messages", {"authorization": "bearer sk-ant-1"}, {"x-api-key": "sk-ant-1"}),
        ("anthropic", "messages", "messages", {"authorization": "Bearer sk-ant-oat01"}, {"authorization": "Bearer sk-ant-oat01"}),
        ("anthropic", "messages", "messages", {"authorization": "Basic abc"}, {"authorization": "Basic abc"}),
        ("gemini", "generateContent", "completions", {"authorization": "Bearer AIza1"}, {"x-goog-api-key": "AIza1"}),
        ("gemini", "generateContent", "generateContent", {"x-goog-api-key": "odd"}, {"x-goog-api-key": "odd"}),
        ("gemini", "generateContent", "messages", {"x-api-key": "ya29"}, {"authorization": "Bearer ya29"}),
        ("groq", "completions", "completions", {}, {}),
        (
            "anthropic",
            "messages",
            "messages",
            {"authorization": "Bearer a", "x-api-key": "b"},
            {"authorization": "Bearer a", "x-api-key": "b"},
        ),
    ],
)  # fmt: skip
def test_a_key_goes_where_the_provider_reads_it(provider, wire, client, given, sent):
    assert moved_credential(spec_of(Target("t", provider), "m"), wire, client, given) == sent
