"""The expressions of breakpoints: what they see of a call before it goes on, and which are refused."""

from __future__ import annotations

import pytest
from mitmproxy import exceptions

from agw.cel.expression import ExpressionError
from agw.content.keys import holds_key
from agw.content.redactor import MAX_TEXT
from agw.formats.registry import FORMATS
from agw.policies.facts import Place, RequestView
from agw.pricing.book import PriceBook
from agw.pricing.builtin import BuiltIn
from agw.pricing.catalog import Catalog
from agw.record.transient import Claims
from agw.usage.estimate import TokenEstimator
from agw.web.asked import Asked, condition, holds
from agw.web.breakpoints import Breakpoints

BOOK = PriceBook(Catalog(), BuiltIn())
KEY = "sk-proj-abcdefghijklmnop1234"
SAID = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "please stop"}]
TOOL = {"type": "object", "properties": {}}
CHAT = {"model": "gpt-4o", "messages": SAID, "tools": [{"type": "function", "function": {"name": "shell", "parameters": TOOL}}]}  # fmt: skip
ASKED = {
    "completions": CHAT,
    "messages": {"model": "claude-sonnet-4-5", "max_tokens": 9, "system": "Be brief.", "messages": SAID[1:],
                 "tools": [{"name": "shell", "input_schema": TOOL}]},
    "responses": {"model": "gpt-4o", "instructions": "Be brief.", "input": "please stop",
                  "tools": [{"type": "function", "name": "shell", "parameters": TOOL}]},
    "generateContent": {"systemInstruction": {"parts": [{"text": "Be brief."}]}, "contents": [{"role": "user", "parts": [{"text": "please stop"}]}],
                        "tools": [{"functionDeclarations": [{"name": "shell", "parameters": TOOL}]}]},
    "converse": {"system": [{"text": "Be brief."}], "messages": [{"role": "user", "content": [{"text": "please stop"}]}],
                 "toolConfig": {"tools": [{"toolSpec": {"name": "shell", "inputSchema": {"json": TOOL}}}]}},
}  # fmt: skip


def breakpoints():
    return Breakpoints(lambda flow, plan: None, lambda error: None)


def is_held(expression, body, api_type="completions", provider="openai", model="gpt-4o"):
    view = RequestView("POST", "/v1/chat/completions", "here", body=lambda: body, place=Place(route="main"))
    claims = Claims(api_key={"user": "ada"})
    estimator = TokenEstimator()
    estimate = lambda values: estimator.estimate(values).tokens  # noqa: E731
    asked = Asked(view, claims, None, None, FORMATS[api_type], provider, model, estimate, BOOK)
    return holds(condition(expression), asked)


@pytest.mark.parametrize("api_type", ASKED)
def test_prompt_tools_and_estimate_are_read_in_every_format(api_type):
    body = ASKED[api_type]
    assert is_held('llm.prompt.exists(m, m.content.contains("stop"))', body, api_type)
    assert is_held('llm.prompt[0].role == "system" && llm.prompt[0].content == "Be brief."', body, api_type)
    assert not is_held('llm.prompt.exists(m, m.content.contains("go"))', body, api_type)
    assert is_held('llm.tools == ["shell"]', body, api_type)
    assert is_held("llm.estimatedInputTokens > 5 && llm.estimatedInputTokens < 60", body, api_type)


def test_the_estimated_cost_is_the_prompts_by_the_prices_in_force():
    long = {"model": "gpt-4o", "messages": [{"role": "user", "content": "abcd" * 1_000_000}]}
    # A million tokens of gpt-4o's input.
    assert is_held("llm.estimatedCost > 2.4 && llm.estimatedCost < 2.6", long)
    assert not is_held("llm.estimatedCost > 2.4", CHAT)


def test_a_model_without_a_price_has_no_estimated_cost():
    assert not is_held("llm.estimatedCost >= 0.0", CHAT, model="nobody-knows-it")
    assert is_held("!has(llm.estimatedCost)", CHAT, model="nobody-knows-it")


def test_a_secret_is_found_wherever_it_stands():
    assert not is_held("llm.hasSecret", CHAT)
    assert is_held("llm.hasSecret", {**CHAT, "messages": [{"role": "user", "content": f"use {KEY} for it"}]})
    assert is_held("llm.hasSecret", {**CHAT, "metadata": {"a": [KEY]}})


def test_a_long_text_holds_no_key_unless_there_is_one():
    assert not holds_key("x " * MAX_TEXT)
    assert holds_key("x " * MAX_TEXT + KEY)
    assert holds_key("x" * (MAX_TEXT - 10) + " " + KEY + " " + "x" * MAX_TEXT)


def test_what_policies_see_is_seen_too():
    assert is_held('apiKey.user == "ada" && proxy.route == "main" && request.method == "POST"', CHAT)
    assert is_held('llm.requestModel == "gpt-4o" && llm.provider == "openai" && !llm.streaming', CHAT)
    assert is_held('llmRequest.messages[1].content == "please stop"', CHAT)


@pytest.mark.parametrize("expression", ['"stop"', "1", "llm.prompt", "jwt.sub == 'x'", "llm.prompt[7].content == ''"])
def test_only_what_is_true_holds_a_call(expression):
    assert not is_held(expression, CHAT)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("llm.prompt.exists(", "not an expression"),
        ("prompt == 'x'", "no variable"),
        ("response.code == 200", "'response' is not known before a request is forwarded"),
        ("llm.outputTokens > 5", "no 'llm.outputTokens' before a request is forwarded; there are requestModel"),
        ("nothing(llm.tools)", "no function 'nothing'"),
    ],
)
def test_an_expression_that_can_never_hold_is_refused_with_its_reason(expression, said):
    with pytest.raises(ExpressionError, match="(?s)" + said.replace("(", r"\(")):
        condition(expression)
    with pytest.raises(exceptions.OptionsError, match="agwbreak: "):
        breakpoints().configure(expression)


def test_nothing_is_held_without_an_expression_or_before_anybody_looks():
    points = breakpoints()
    assert not points.set
    points.configure("true")
    assert not points.set
    points.configure("  ")
    assert not points.set
