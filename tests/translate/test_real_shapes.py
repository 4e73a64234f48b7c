"""What real agents send and real providers answer, and is in nobody's documents at first sight."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from agw.streaming.sse import SseEvent
from agw.translate.registry import translator

PICTURE = "data:image/png;base64,iVBOR"
ASKED: dict[str, dict[str, Any]] = {
    "completions": {"model": "m", "messages": [{"role": "user", "content": "Hi"}]},
    "messages": {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]},
    "responses": {"model": "m", "input": "Hi"},
}


def sent(client: str, wire: str, body: dict[str, Any]) -> dict[str, Any]:
    return translator(client, wire).request(body).body


def answered(client: str, wire: str, body: dict[str, Any]) -> dict[str, Any]:
    made = translator(client, wire)
    made.request(ASKED[client])
    return made.answer(body)


def streamed(client: str, wire: str, events: list[dict[str, Any] | str]) -> list[dict[str, Any]]:
    made = translator(client, wire)
    made.request({**ASKED[client], "stream": True})
    told = []
    for event in events:
        data = event if isinstance(event, str) else json.dumps(event)
        told += made.event(SseEvent("", data))
    told += made.end()
    lines = [line for one in told for line in one.decode().splitlines() if line.startswith("data: {")]
    return [json.loads(line[6:]) for line in lines]


def test_a_picture_that_a_tool_gave_does_not_part_the_results_from_their_calls() -> None:
    """Codex: each result is an item of its own, and one of parallel calls may show a picture."""
    calls = [{"type": "function_call", "call_id": f"c{n}", "name": "f", "arguments": ""} for n in (1, 2)]
    picture = {"type": "function_call_output", "call_id": "c1"}
    picture["output"] = [{"type": "input_image", "image_url": PICTURE}]  # type: ignore[assignment]
    developer = {"type": "message", "role": "developer", "content": "mind the step"}
    result = {"type": "function_call_output", "call_id": "c2", "output": "2"}
    body = {"model": "m", "input": [{"role": "user", "content": "x"}, *calls, picture, developer, result]}
    messages = sent("responses", "completions", body)["messages"]
    assert [(one["role"], one.get("tool_call_id")) for one in messages[1:]] == [
        ("assistant", None),
        ("tool", "c1"),
        ("tool", "c2"),
        ("user", None),
        ("system", None),
    ]
    assert [call["function"]["arguments"] for call in messages[1]["tool_calls"]] == ["{}", "{}"]
    assert messages[4]["content"][0]["image_url"]["url"] == PICTURE


@pytest.mark.parametrize("wire", ["completions", "messages", "converse"])
def test_results_that_name_ids_of_their_own_answer_the_calls_that_had_none(wire: str) -> None:
    """Gemini CLI names the response after the tool and the time, where Google gave the call no id."""
    calls = [{"functionCall": {"name": "ls", "args": {"d": n}}} for n in (1, 2)]
    results = [{"functionResponse": {"id": f"ls-{n}", "name": "ls", "response": {"output": str(n)}}} for n in (1, 2)]
    contents = [
        {"role": "user", "parts": [{"text": "x"}]},
        {"role": "model", "parts": calls},
        {"role": "user", "parts": results},
    ]
    body = {"model": "m", "contents": contents, "tools": [{"functionDeclarations": [{"name": "ls"}]}]}
    text = json.dumps(sent("generateContent", wire, body)["messages"])
    assert "ls-" not in text
    assert [text.count(one) for one in ("call_1", "call_2")] == [2, 2]


def test_an_empty_text_beside_another_leaves_no_trace() -> None:
    blocks = [{"type": "text", "text": ""}, {"type": "text", "text": "ok"}]
    body = {
        **ASKED["messages"],
        "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": blocks}],
    }
    assert sent("messages", "completions", body)["messages"][1]["content"] == "ok"


THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}


def test_mistrals_thoughts_stand_among_the_content() -> None:
    message = {"role": "assistant", "content": [THOUGHT, {"type": "text", "text": "Hi"}]}
    whole = {"id": "c", "model": "magistral", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    thought, text = answered("messages", "completions", whole)["content"]
    assert (thought["type"], thought["thinking"], text["text"]) == ("thinking", "Hm.", "Hi")
    chunks: list[dict[str, Any] | str] = [
        {"id": "c", "choices": [{"index": 0, "delta": {"role": "assistant", "content": content}}]}
        for content in ([THOUGHT], [THOUGHT], "Hi")
    ]
    chunks += [{"id": "c", "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}]}, "[DONE]"]
    events = streamed("messages", "completions", chunks)
    said = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    assert [one.get("thinking") or one.get("text") for one in said] == ["Hm.", "Hm.", "Hi"]
    # Mistral refuses fields that it does not know: its thoughts are not sent back in another's.
    talk = [{"role": "user", "content": "x"}, {"role": "assistant", "content": [thought, text]}]
    back = translator("messages", "completions").request({**ASKED["messages"], "messages": talk})
    assert back.body["messages"][1] == {"role": "assistant", "content": "Hi"}
    assert back.dropped == ("reasoning",)


REFUSED = {"stop_reason": "refusal", "stop_details": {"type": "refusal", "category": "bio", "explanation": "Not that."}}


def test_why_claude_refuses_is_told() -> None:
    whole = {"id": "m", "type": "message", "role": "assistant", "model": "c", "content": [], **REFUSED}
    choice = answered("completions", "messages", whole)["choices"][0]
    assert (choice["message"]["refusal"], choice["finish_reason"]) == ("Not that.", "stop")
    (item,) = answered("responses", "messages", whole)["output"]
    assert item["content"] == [{"type": "refusal", "refusal": "Not that."}]
    events: list[dict[str, Any] | str] = [
        {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 3, "output_tokens": 1}}},
        {"type": "message_delta", "delta": REFUSED, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ]
    chunks = streamed("completions", "messages", events)
    assert "".join(chunk["choices"][0]["delta"].get("refusal") or "" for chunk in chunks) == "Not that."


def test_a_data_url_may_be_written_in_any_of_its_ways() -> None:
    urls = ["data:image/jpg;base64,/9j/", "data:image/JPEG;charset=x;base64,/9j/", "data:image/svg+xml;utf8,%3Csvg/>"]
    content = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    body = {"model": "m", "messages": [{"role": "user", "content": content}]}
    blocks = sent("completions", "messages", body)["messages"][0]["content"]
    assert [(block["source"]["media_type"], block["source"]["data"]) for block in blocks] == [
        ("image/jpeg", "/9j/"),
        ("image/jpeg", "/9j/"),
        ("image/svg+xml", "PHN2Zy8+"),
    ]


def test_what_a_document_asks_for_and_nobody_else_has_is_named() -> None:
    source = {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}
    document = {"type": "document", "source": source, "citations": {"enabled": True}, "context": "a draft"}
    made = translator("messages", "completions")
    said = made.request({**ASKED["messages"], "messages": [{"role": "user", "content": [document]}]})
    assert said.dropped == ("messages.document.citations", "messages.document.context")


def test_bedrock_counts_a_conversation_without_what_others_have_sealed() -> None:
    thought = {"type": "thinking", "thinking": "Hm", "signature": "agw.google.sealed..c2ln"}
    call = {"type": "tool_use", "id": "c__thought__c2ln", "name": "f", "input": {}}
    talk = [{"role": "user", "content": "x"}, {"role": "assistant", "content": [thought, call]}]
    made = translator("anthropicTokenCount", "bedrockTokenCount").request({"model": "m", "messages": talk})
    counted = json.loads(base64.b64decode(made.body["input"]["invokeModel"]["body"]))
    assert counted["messages"][1]["content"] == [{**call, "id": "c"}]
    assert made.dropped == ("reasoning",)


LONG = "mcp__server__" + "tool" * 20


@pytest.mark.parametrize("wire", ["completions", "responses", "messages"])
def test_tools_have_names_that_the_provider_takes_and_the_app_sees_its_own(wire: str) -> None:
    """Google's tools may have dots and colons, Anthropic's twice as many characters as OpenAI's."""
    names = ["a.b:c", "plain", LONG]
    calls = [{"functionCall": {"name": name, "args": {}}} for name in names]
    results = [{"functionResponse": {"name": name, "response": {"result": "r"}}} for name in names]
    body = {
        "model": "m",
        "contents": [
            {"role": "user", "parts": [{"text": "x"}]},
            {"role": "model", "parts": calls},
            {"role": "user", "parts": results},
        ],
        "tools": [{"functionDeclarations": [{"name": name} for name in names]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["a.b:c"]}},
    }
    made = translator("generateContent", wire)
    text = json.dumps(made.request(body).body)
    assert ("a_b_c" in text, "a.b:c" in text, '"plain"' in text) == (True, False, True)
    assert (LONG in text) == (wire == "messages")
    answers: dict[str, dict[str, Any]] = {
        "completions": {
            "choices": [{"message": {"tool_calls": [{"id": "1", "function": {"name": "a_b_c", "arguments": "{}"}}]}}]
        },
        "responses": {
            "status": "completed",
            "output": [{"type": "function_call", "call_id": "1", "name": "a_b_c", "arguments": "{}"}],
        },
        "messages": {"content": [{"type": "tool_use", "id": "1", "name": "a_b_c", "input": {}}]},
    }
    (part,) = made.answer(answers[wire])["candidates"][0]["content"]["parts"]
    assert part["functionCall"]["name"] == "a.b:c"


def test_a_streamed_call_has_the_apps_own_name_for_the_tool() -> None:
    made = translator("messages", "completions")
    asked = {**ASKED["messages"], "stream": True, "tools": [{"name": LONG, "input_schema": {"type": "object"}}]}
    sent_name = made.request(asked).body["tools"][0]["function"]["name"]
    assert len(sent_name) == 64
    call = {"index": 0, "id": "1", "function": {"name": sent_name, "arguments": "{}"}}
    chunk = {"id": "c", "choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}
    told = b"".join(made.event(SseEvent("", json.dumps(chunk)))).decode()
    assert f'"name":"{LONG}"' in told


def test_an_app_that_only_tries_whether_it_may_ask_is_not_refused() -> None:
    """Claude Code asks for one token; OpenAI's Responses gives at least 16."""
    made = translator("messages", "responses").request({**ASKED["messages"], "max_tokens": 1})
    assert (made.body["max_output_tokens"], made.dropped) == (16, ("max_tokens below 16",))


@pytest.mark.parametrize(
    "body",
    [
        {"detail": [{"loc": ["body", "messages", 1, "tools"], "msg": "Extra inputs are not permitted", "type": "x"}]},
        {"object": "error", "message": {"detail": [{"loc": ["body", "messages", 1, "tools"], "msg": "Extra inputs are not permitted"}]}},
    ],
    ids=["vLLM", "Mistral"],
)  # fmt: skip
def test_what_a_server_finds_wrong_with_a_request_is_told(body: dict[str, Any]) -> None:
    made = translator("messages", "completions")
    made.request(ASKED["messages"])
    error = made.error(422, body)["error"]
    assert error == {
        "type": "invalid_request_error",
        "message": "body.messages.1.tools: Extra inputs are not permitted",
    }
