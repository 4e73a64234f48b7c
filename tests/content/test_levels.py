"""What a record holds in the end: no more than a sink may see, in any of its fields."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, replace

import pytest

from agw.config import loads
from agw.content.levels import FAILED_NOTE, REDACTED_NOTE, ContentFinisher, Level, content_for, fullest
from agw.content.redactor import ALL, Redactor
from agw.content.size import MAX_CONTENT
from agw.pricing.pricer import Prices
from agw.record import Attribution, CallError, CallRecord, Content
from agw.record.transient import Transient
from agw.recorder.finish import finish, finishers_of
from support.records import chat_record

REDACTOR = Redactor(ALL)
CANARIES = {
    "apiKeys": "sk-canary-abcdefghijklmnop1234",
    "creditCard": "4111 1111 1111 1111",
    "email": "canary@example.com",
    "phoneNumber": "+49 170 1234567",
    "ssn": "536-90-4399",
    "caSin": "130-692-544",
    "iban": "DE89 3704 0044 0532 0130 00",
}
IMAGE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(600)).decode()


def everywhere(secret: str) -> CallRecord:
    """A record that holds ``secret`` in every field that can quote a prompt or an answer."""
    text = {"type": "text", "content": f"before {secret} after"}
    content = Content(
        system_instructions=[text],
        input_messages=[
            {
                "role": "user",
                "name": secret,
                "parts": [text, {"type": "file", "modality": "document", "file_id": secret}],
            },
            {"role": "user", "parts": [{"type": "input_file", "filename": f"{secret}.pdf", "file_data": secret}]},
            {"role": "user", "parts": [{"type": "uri", "modality": "image", "uri": f"https://a/?q={secret}"}]},
            {
                "role": "assistant",
                "parts": [{"type": "tool_call", "name": "f", "arguments": {"deep": [{secret: secret}]}}],
            },
            {"role": "assistant", "parts": [{"type": "tool_call", "name": "f", "arguments": f'{{"broken": "{secret}'}]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "1", "response": f"found {secret}"}]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "2", "response": [{"text": secret}]}]},
        ],
        output_messages=[
            {
                "role": "assistant",
                "parts": [text, {"type": "reasoning", "content": f"he says {secret}"}],
                "finish_reason": "stop",
            }
        ],
        tool_definitions=[
            {
                "type": "function",
                "name": "f",
                "description": f"mail {secret}",
                "parameters": {"type": "object", "properties": {"a": {"enum": [secret], "default": secret}}},
            }
        ],
    )
    record = chat_record(content=content, error=CallError("bad_request", f"cannot read '{secret}'"))
    answer = replace(record.answer, error_message=f"cannot read '{secret}'")
    request = replace(record.request, stop_sequences=("END", secret))
    who = Attribution(user="ada", session="s", tags=("a", secret), metadata={"note": f"for {secret}", secret: "1"})
    record = replace(record, request=request, attribution=who)
    return replace(record, answer=answer, fields={"mine.prompt": f"said {secret}", "other::a": secret, "n": 1})


@pytest.mark.parametrize("secret", CANARIES.values(), ids=CANARIES)
@pytest.mark.parametrize("level", [Level.NONE, Level.REDACTED])
def test_a_canary_is_found_in_no_field(secret, level):
    record = everywhere(secret)
    assert secret in str(asdict(record))
    finished = ContentFinisher(level, REDACTOR)(record)
    assert secret not in str(asdict(finished))
    assert (finished.content is None) == (level is Level.NONE)
    assert finished.fields["n"] == 1
    assert REDACTED_NOTE in finished.notes
    assert finished.error.type == "bad_request"
    assert (finished.attribution.user, finished.attribution.session) == ("ada", "s")
    assert finished.request.stop_sequences[0] == "END"


def test_a_full_record_keeps_all_but_media():
    record = everywhere("canary@example.com")
    parts = [{"type": "blob", "mime_type": "image/png", "modality": "image", "content": IMAGE}]
    record = replace(record, content=replace(record.content, output_messages=[{"role": "assistant", "parts": parts}]))
    finished = ContentFinisher(Level.FULL, REDACTOR)(record)
    assert finished.content.input_messages == record.content.input_messages
    assert finished.error == record.error
    assert IMAGE not in str(finished)


def test_of_a_full_record_each_sink_sees_its_own_level():
    record = ContentFinisher(Level.FULL, REDACTOR)(everywhere("canary@example.com"))
    assert content_for(record, Level.FULL, REDACTOR) is record
    redacted = content_for(record, Level.REDACTED, REDACTOR)
    assert "[redacted email]" in str(redacted.content)
    assert "canary@" not in str(redacted)
    nothing = content_for(record, Level.NONE, REDACTOR)
    assert nothing.content is None
    assert "canary@" not in str(nothing)
    assert content_for(redacted, Level.FULL, REDACTOR) is redacted, "never fuller than it is"
    assert content_for(redacted, Level.REDACTED, REDACTOR) is redacted, "never looked at twice"


def test_the_fullest_level_serves_all():
    assert fullest([]) is Level.NONE
    assert fullest([Level.NONE, Level.REDACTED]) is Level.REDACTED
    assert fullest([Level.FULL, Level.NONE, Level.REDACTED]) is Level.FULL


def test_an_image_in_an_error_message_is_described():
    record = chat_record(error=CallError("bad_request", f"bad image data:image/png;base64,{IMAGE}"), content=None)
    finished = ContentFinisher(Level.FULL, Redactor(()))(record)
    assert finished.error.message.startswith("bad image [image/png, 608 bytes, sha256 ")


@pytest.mark.parametrize("level", Level)
def test_a_key_that_the_provider_quotes_in_its_refusal_is_told_nobody(level):
    said = f"Incorrect API key provided: {CANARIES['apiKeys']}. Find yours in the settings."
    record = chat_record(error=CallError("invalid_api_key", said), content=None)
    record = replace(record, answer=replace(record.answer, error_message=said))
    finished = ContentFinisher(level, Redactor(()))(record)
    expected = "Incorrect API key provided: [redacted apiKeys]. Find yours in the settings."
    assert finished.error.message == finished.answer.error_message == expected


def test_what_is_still_too_large_is_cut_after_redaction_so_that_no_half_of_a_secret_stays():
    text = "a " * 32_760 + "sk-canary-abcdefghijklmnop1234 " + "b " * 1_000_000
    record = chat_record(
        content=Content(input_messages=[{"role": "user", "parts": [{"type": "text", "content": text}]}])
    )
    finished = ContentFinisher(Level.REDACTED, REDACTOR)(record)
    shown = finished.content.input_messages[0]["parts"][0]["content"]
    assert "sk-canary" not in shown
    assert "more characters]" in shown
    assert "content_shortened" in finished.notes
    assert len(json.dumps(finished.content.input_messages)) < MAX_CONTENT


def test_a_redaction_that_fails_lets_nothing_through():
    nested: dict[str, object] = {"canary": "canary@example.com"}
    for _ in range(100_000):
        nested = {"a": nested}
    record = replace(everywhere("canary@example.com"), content=Content(input_messages=[nested]))
    for level in Level:
        finished = ContentFinisher(level if level is not Level.NONE else Level.REDACTED, REDACTOR)(record)
        assert finished.content is None
        assert finished.fields == {}
        assert "canary@" not in str(finished)
        assert finished.error.message == finished.answer.error_message == "left out"
        assert FAILED_NOTE in finished.notes


CONFIG = """\
config:
  content: {capture: %s, redact: [email]}
  destinations:
  - {name: a, endpoint: 'http://a', content: %s, fields: {add: {said: 'llm.prompt[0].content'}}}
llm: {models: []}
"""


@pytest.mark.parametrize(
    ("own", "sink", "seen"), [("none", "none", "no"), ("none", "redacted", "some"), ("redacted", "full", "all")]
)
def test_a_configs_finishers_leave_what_the_fullest_sink_needs(own, sink, seen):
    snapshot = loads(CONFIG % (own, sink), "cfg.yaml", {})
    messages = [{"role": "user", "parts": [{"type": "text", "content": "mail canary@example.com"}]}]
    record = finish(
        chat_record(content=Content(input_messages=messages)), Transient(), finishers_of(snapshot, Prices()), print
    )
    assert (record.content is None) == (seen == "no")
    assert ("canary@" in str(record.content)) == (seen == "all")
    assert record.fields["a::said"] == ("mail canary@example.com" if seen == "all" else "mail [redacted email]")
