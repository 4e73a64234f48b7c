"""What cannot be said in the other format and would change the answer is refused, with a message that says what to do."""

from __future__ import annotations

from typing import Any

import pytest

from agw.errors import BadRequest
from agw.translate.registry import translator

CHAT: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
MESSAGES: dict[str, Any] = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
RESPONSES: dict[str, Any] = {"model": "m", "input": "Hi"}


def said(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(parts)}]}


AUDIO = {"type": "input_audio", "input_audio": {"data": "aQ==", "format": "wav"}}
STORED_IMAGE = {"type": "image", "source": {"type": "file", "file_id": "file_1"}}
STORED_FILE = {"type": "file", "file": {"file_id": "file-1"}}
WORD = {"type": "file", "file": {"filename": "a.docx", "file_data": "data:application/msword;base64,aQ=="}}
BASH = {"type": "bash_20250124", "name": "bash"}

TABLE = [
    (
        "responses",
        "messages",
        {**RESPONSES, "previous_response_id": "resp_1"},
        "previous_response_id: is stored at OpenAI",
    ),
    ("responses", "completions", {**RESPONSES, "conversation": "conv_1"}, "conversation: is stored at OpenAI"),
    ("responses", "messages", {**RESPONSES, "prompt": {"id": "pmpt_1"}}, "prompt: is stored at OpenAI"),
    ("responses", "messages", {**RESPONSES, "background": True}, "background"),
    (
        "responses",
        "messages",
        {**RESPONSES, "input": [{"type": "item_reference", "id": "msg_1"}]},
        "input[0]: the item is stored",
    ),
    ("responses", "completions", {**RESPONSES, "tools": [{"type": "local_shell"}]}, "tools: local_shell"),
    ("responses", "completions", {**RESPONSES, "tools": [{"type": "mcp", "server_url": "https://x"}]}, "tools: mcp"),
    (
        "responses",
        "completions",
        {**RESPONSES, "tools": [{"type": "web_search"}], "tool_choice": {"type": "web_search"}},
        "tools: web_search",
    ),
    ("completions", "messages", {**CHAT, "n": 2}, "n: this provider gives one answer"),
    ("completions", "responses", {**CHAT, "n": 2}, "n: this provider gives one answer"),
    ("completions", "responses", {**CHAT, "stop": ["x"]}, "stop"),
    ("completions", "messages", {**CHAT, "modalities": ["text", "audio"]}, "modalities"),
    ("completions", "messages", {**CHAT, **said(AUDIO)}, "audio cannot be sent"),
    ("completions", "messages", {**CHAT, **said(STORED_FILE)}, "store"),
    ("completions", "messages", {**CHAT, **said(WORD)}, "application/msword"),
    ("completions", "messages", {**CHAT, "tool_choice": "required"}, "tool_choice: demands a tool"),
    ("completions", "messages", {**CHAT, "tool_choice": "sometimes"}, "tool_choice: must be"),
    ("completions", "messages", {"model": "m", "messages": []}, "at least one message"),
    ("completions", "messages", {"model": "m", "messages": [{"role": "robot"}]}, "messages[0].role"),
    ("completions", "messages", {"messages": []}, "model: must be a string"),
    ("completions", "messages", {"model": "m", "messages": "Hi"}, "messages: must be a list"),
    ("messages", "completions", {**MESSAGES, "tools": [BASH]}, "tools: bash"),
    ("messages", "completions", {**MESSAGES, "mcp_servers": [{"url": "https://x"}]}, "mcp_servers"),
    ("messages", "completions", {**MESSAGES, **said(STORED_IMAGE)}, "store"),
    ("messages", "responses", {**MESSAGES, **said({"type": "container_upload", "file_id": "f"})}, "container_upload"),
    ("messages", "responses", {**MESSAGES, "stop_sequences": ["x"]}, "stop"),
    (
        "messages",
        "completions",
        {**MESSAGES, **said({"type": "document", "source": {"type": "url", "url": "https://x/a.pdf"}})},
        "documents by URL",
    ),
]


@pytest.mark.parametrize(("client", "wire", "body", "message"), TABLE)
def test_it_is_refused_by_name(client: str, wire: str, body: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest) as refused:
        translator(client, wire).request(body)
    assert message in refused.value.message


def test_what_is_stored_nowhere_is_no_loss() -> None:
    assert translator("responses", "messages").request({**RESPONSES, "store": False}).dropped == ()
    assert translator("responses", "messages").request({**RESPONSES, "store": True}).dropped == ("store",)
