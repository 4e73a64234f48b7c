"""Claude's tokens counted by Bedrock."""

from __future__ import annotations

import base64
import json

import botocore.session
import pytest
from anthropic.types import MessageTokensCount
from botocore.validate import ParamValidator

from agw.errors import BadRequest
from agw.translate.registry import translator

BODY = {"model": "claude-sonnet-4-5", "system": "Be brief", "messages": [{"role": "user", "content": "Hi"}]}


def test_the_body_that_claude_would_get_is_counted():
    one = translator("anthropicTokenCount", "bedrockTokenCount")
    sent = one.request({**BODY, "thinking": {"type": "enabled", "budget_tokens": 2000}}).body
    shape = (
        botocore.session.get_session().get_service_model("bedrock-runtime").operation_model("CountTokens").input_shape
    )
    assert not ParamValidator().validate({"modelId": "m", **sent}, shape).has_errors()
    invoked = json.loads(base64.b64decode(sent["input"]["invokeModel"]["body"]))
    assert (invoked["anthropic_version"], invoked["max_tokens"], "model" in invoked) == (
        "bedrock-2023-05-31",
        2001,
        False,
    )
    assert MessageTokensCount.model_validate(one.answer({"inputTokens": 12})).input_tokens == 12


def test_a_count_that_is_missing_is_an_error_and_not_0():
    one = translator("anthropicTokenCount", "bedrockTokenCount")
    assert one.answer({})["type"] == "error"
    assert one.error(429, {"message": "slow"})["error"] == {"type": "rate_limit_error", "message": "slow"}
    with pytest.raises(BadRequest, match="messages"):
        one.request({"model": "m"})
