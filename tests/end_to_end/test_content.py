"""Redaction in a running gateway: what the rules name is in no span, in no file of the journal and in no line."""

from __future__ import annotations

import base64
import json

import openai

from conftest import CONFIG

SECRETS = {
    "creditCard": "4111 1111 1111 1111",
    "email": "ada.canary@example.com",
    "apiKeys": "sk-proj-canary0123456789abcdef",
    "employee": "emp-54321",
}
REDACTING = CONFIG.replace(
    "config:\n",
    """\
config:
  content:
    capture: redacted
    redact: [creditCard, email, apiKeys, {name: employee, pattern: 'emp-\\d{5}'}]
""",
)
IMAGE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40).decode()
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": f"Ask {SECRETS['email']}",
        "parameters": {"type": "object", "properties": {"city": {"type": "string", "default": SECRETS["employee"]}}},
    },
}


def ask(running, **more):
    every = " and ".join(SECRETS.values())
    messages = [
        {"role": "system", "content": f"Know {every}."},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "f", "arguments": json.dumps({"who": every})}}
        ]},
        {"role": "tool", "tool_call_id": "c1", "content": f"found {every}"},
        {"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}"}},
            {"type": "text", "text": f"Say {every}"},
        ]},
    ]  # fmt: skip
    client = openai.OpenAI(base_url=running.base_url, api_key="any", max_retries=0, timeout=20)
    return client.chat.completions.create(model="asked", messages=messages, tools=[TOOL], **more)


def test_secrets_are_in_no_span_no_file_and_no_line(gateway, collector, standin, tmp_path):
    running = gateway(REDACTING)
    for _ in ask(running, stream=True):
        pass
    whole = ask(running).choices[0].message.content
    spans = collector.wait_for(2)
    running.process.stop()
    sent = json.dumps(standin.last())
    assert all(secret in sent for secret in SECRETS.values()), "the provider gets what the client wrote"
    shown = "\n".join(map(str, spans))
    files = b"".join(
        file.read_bytes() for file in tmp_path.rglob("*") if file.is_file() and "mitmproxy" not in file.parts
    )
    for name, secret in SECRETS.items():
        assert secret not in shown, name
        assert secret.encode() not in files, name
        assert secret not in running.process.output, name
        assert f"[redacted {name}]" in shown
    assert IMAGE[:80] not in shown
    assert "image/png, 10248 bytes, sha256 " in shown
    assert whole


def test_without_the_setting_no_content_is_recorded(gateway, collector, tmp_path):
    running = gateway()
    ask(running)
    (span,) = collector.wait_for(1)
    running.process.stop()
    files = b"".join(file.read_bytes() for file in tmp_path.rglob("*.db*"))
    for secret in SECRETS.values():
        assert secret not in str(span)
        assert secret.encode() not in files
