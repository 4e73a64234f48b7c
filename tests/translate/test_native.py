"""A conversation that moves back to its own format sheds what translation put into it, and nothing else."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from agw.translate.native import without_foreign
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
    assert without_foreign("messages", body) == {
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [own, {"type": "tool_use", "id": "call_1", "name": "f", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "1"}]},
        ]
    }


def test_thoughts_of_others_do_not_reach_openai() -> None:
    theirs = {
        "type": "reasoning",
        "id": "rs_x",
        "summary": [],
        "encrypted_content": wrap(Seal(Maker.ANTHROPIC, "EqQB"), Maker.OPENAI),
    }
    own = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA"}
    call = {"type": "function_call", "call_id": SIGNED, "name": "f", "arguments": "{}"}
    changed = without_foreign("responses", {"input": [theirs, own, call]})
    assert changed == {"input": [own, {**call, "call_id": "call_1"}]}
    chat = [{"role": "assistant", "tool_calls": [{"id": SIGNED}]}, {"role": "tool", "tool_call_id": SIGNED}]
    assert without_foreign("completions", {"messages": chat}) == {
        "messages": [
            {"role": "assistant", "tool_calls": [{"id": "call_1"}]},
            {"role": "tool", "tool_call_id": "call_1"},
        ]
    }


@given(
    bodies(["messages", "input", "content", "role", "id", "type", "data", "signature"], ["user", "a", "EqQB", "call_1"])
)
def test_an_ordinary_conversation_is_not_touched(body: dict[str, Any]) -> None:
    for api_type in ("messages", "completions", "responses", "embeddings"):
        assert without_foreign(api_type, body) == {}
