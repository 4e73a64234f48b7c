"""What a path tells: format, model, streaming."""

from __future__ import annotations

import pytest

from agw.formats.paths import model_of_path, streams, type_of_path
from agw.formats.registry import format_for_path

VERTEX = "/v1/projects/p/locations/eu/publishers"


@pytest.mark.parametrize(
    ("path", "kind", "model", "stream"),
    [
        ("/v1/chat/completions", "completions", None, False),
        ("/openai/deployments/gpt%204/chat/completions", "completions", "gpt 4", False),
        ("/v1/messages", "messages", None, False),
        ("/v1/messages/count_tokens", "anthropicTokenCount", None, False),
        ("/v1beta/models/gemini-2.5-pro:generateContent", "generateContent", "gemini-2.5-pro", False),
        ("/v1beta/tunedModels/mine:generateContent", "generateContent", "mine", False),
        (f"{VERTEX}/google/models/gemini-2.5-pro:streamGenerateContent", "generateContent", "gemini-2.5-pro", True),
        (f"{VERTEX}/google/models/gemini-2.5-pro:countTokens", "geminiCountTokens", "gemini-2.5-pro", False),
        (f"{VERTEX}/google/models/text-embedding-005:predict", "detect", "text-embedding-005", False),
        (f"{VERTEX}/anthropic/models/claude-opus-4-1@20250805:rawPredict", "messages", "claude-opus-4-1@20250805", False),
        (f"{VERTEX}/anthropic/models/claude-x:streamRawPredict", "messages", "claude-x", True),
        (f"{VERTEX}/anthropic/models/count-tokens:rawPredict", "anthropicTokenCount", None, False),
        ("/v1/projects/p/locations/l/endpoints/openapi/chat/completions", "completions", None, False),
        ("/model/amazon.nova-lite-v1%3A0/converse", "converse", "amazon.nova-lite-v1:0", False),
        ("/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.x/converse-stream", "converse",
         "arn:aws:bedrock:us-east-1:1:inference-profile/us.x", True),
        ("/model/us.anthropic.claude-sonnet-4-v1:0/invoke", "bedrockInvoke", "us.anthropic.claude-sonnet-4-v1:0", False),
        ("/model/anthropic.claude-x/invoke-with-response-stream", "bedrockInvoke", "anthropic.claude-x", True),
        ("/model/amazon.titan-embed-text-v2:0/invoke", "bedrockInvoke", "amazon.titan-embed-text-v2:0", False),
        ("/v2/rerank", "rerank", None, False),
        ("/v1/realtime", "realtime", None, False),
        ("/v1/models", "models", None, False),
        ("/v1beta/models/gemini-2.5-pro", "detect", "gemini-2.5-pro", False),
        ("/v1/responses", "responses", None, False),
        ("/v1/responses/compact", "detect", None, False),
        ("/v1/images/generations", "detect", None, False),
        ("/v1/images/edits", "detect", None, False),
        ("/", "detect", None, False),
    ],
)  # fmt: skip
def test_a_path_tells_format_model_and_streaming(path, kind, model, stream):
    assert (type_of_path(path), model_of_path(path), streams(path)) == (kind, model, stream)
    assert format_for_path(path).api_type in (kind, "detect")
