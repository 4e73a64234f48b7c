"""A conversation that moves back to its own format sheds what translation put into it, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from agw.translate.gemini import signatures
from agw.translate.gemini.contents_write import UNSIGNED
from agw.translate.native import Cleaned, without_foreign
from agw.translate.neutral import Maker, Seal, ToolCall
from agw.translate.seals import wrap
from agw.translate.tools import sealed_id
from support.json_bodies import bodies

FOREIGN = wrap(Seal(Maker.OPENAI, "gAAAA", id="rs_1"), Maker.ANTHROPIC)
SIGNED = sealed_id(ToolCall("call_1", "f", "{}", seal=Seal(Maker.GOOGLE, "c2ln")))


def test_thoughts_of_others_do_not_reach_anthropic() -> None:
    body = {
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "Only this", "signature": FOREIGN}]},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Theirs", "signature": FOREIGN},
                    {"type": "thinking", "thinking": "Its own", "signature": "EqQB"},
                    {"type": "tool_use", "id": SIGNED, "name": "f", "input": {}},
                ],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": SIGNED, "content": "1"}]},
        ]
    }
    own: dict[str, Any] = {"type": "thinking", "thinking": "Its own", "signature": "EqQB"}
    cleaned = without_foreign("messages", body)
    assert cleaned.dropped == ("reasoning",)
    assert cleaned.changes == {
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [own, {"type": "tool_use", "id": "call_1", "name": "f", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "1"}]},
        ]
    }


def in_a_tool_loop(signature: str, **members: Any) -> dict[str, Any]:
    thought = {"type": "thinking", "thinking": "Theirs", "signature": signature}
    call = {"type": "tool_use", "id": "call_1", "name": "f", "input": {}}
    return {
        "thinking": {"type": "enabled", "budget_tokens": 2000},
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [thought, call]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "1"}]},
        ],
        **members,
    }


@pytest.mark.parametrize("signature", [FOREIGN, ""])
def test_a_budget_for_thoughts_goes_where_they_would_be_missed_before_calls(signature: str) -> None:
    managed = {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}, {"type": "clear_tool_uses_20250919"}]}
    cleaned = without_foreign("messages", in_a_tool_loop(signature, context_management=managed))
    assert cleaned.dropped == ("reasoning", "thinking")
    assert cleaned.changes["thinking"] == {"type": "disabled"}
    assert cleaned.changes["context_management"] == {"edits": [{"type": "clear_tool_uses_20250919"}]}
    adaptive = without_foreign("messages", in_a_tool_loop(signature, thinking={"type": "adaptive"}))
    assert (list(adaptive.changes), adaptive.dropped) == (["messages"], ("reasoning",))


def test_signatures_of_others_do_not_reach_gemini() -> None:
    theirs = signatures.write(Seal(Maker.ANTHROPIC, "EqQB"))
    body = {
        "contents": [
            {"role": "user", "parts": [{"text": "Hi"}]},
            {
                "role": "model",
                "parts": [
                    {"text": "Hm", "thought": True, "thoughtSignature": theirs},
                    {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": theirs},
                    {"functionCall": {"name": "g", "args": {}}},
                ],
            },
            {"role": "model", "parts": [{"text": "Its own", "thought_signature": "c2ln"}]},
        ]
    }
    cleaned = without_foreign("generateContent", body, "gemini-2.5-pro")
    assert cleaned.dropped == ("reasoning",)
    first, called, own = cleaned.changes["contents"]
    assert (first, own) == (body["contents"][0], body["contents"][2])
    calls = [{"functionCall": {"name": "f", "args": {}}}, {"functionCall": {"name": "g", "args": {}}}]
    assert called["parts"] == calls
    # Gemini 3 wants a turn's first call to be signed, or to say that it could not be.
    called = without_foreign("generateContent", body, "gemini-3-pro").changes["contents"][1]
    assert called["parts"] == [{**calls[0], "thoughtSignature": UNSIGNED}, calls[1]]


def test_thoughts_of_others_do_not_reach_openai() -> None:
    theirs = {
        "type": "reasoning",
        "id": "rs_x",
        "summary": [],
        "encrypted_content": wrap(Seal(Maker.ANTHROPIC, "EqQB"), Maker.OPENAI),
    }
    own = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA"}
    # Stored at OpenAI; and one that no provider sealed, with the id that the gateway gave it.
    stored = {"type": "reasoning", "id": "rs_68af4030baa48193", "summary": []}
    shown = {"type": "reasoning", "id": "rs_gemini-1_0", "summary": [{"type": "summary_text", "text": "Hm"}]}
    call = {"type": "function_call", "call_id": SIGNED, "name": "f", "arguments": "{}"}
    changed = without_foreign("responses", {"input": [theirs, own, stored, shown, call]}).changes
    assert changed == {"input": [own, stored, {**call, "call_id": "call_1"}]}
    chat = [{"role": "assistant", "tool_calls": [{"id": SIGNED}]}, {"role": "tool", "tool_call_id": SIGNED}]
    assert without_foreign("completions", {"messages": chat}).changes == {
        "messages": [
            {"role": "assistant", "tool_calls": [{"id": "call_1"}]},
            {"role": "tool", "tool_call_id": "call_1"},
        ]
    }


@given(
    bodies(
        ["messages", "input", "contents", "content", "parts", "role", "id", "type", "data", "signature"],
        ["user", "assistant", "model", "a", "EqQB", "call_1"],
    )
)
def test_an_ordinary_conversation_is_not_touched(body: dict[str, Any]) -> None:
    for api_type in ("messages", "completions", "responses", "generateContent", "embeddings"):
        assert without_foreign(api_type, body) == Cleaned()
