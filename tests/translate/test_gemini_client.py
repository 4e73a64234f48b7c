"""A client of Gemini's API, answered by another: its requests read, its answers written for Google's own types."""

from __future__ import annotations

import base64
import json

import pytest
from google.genai import types
from hypothesis import given
from hypothesis import strategies as st

from agw.errors import BadRequest
from agw.translate.base import Losses
from agw.translate.deltas import Close, Counted, End, Failed, Finish, Grow, Open, Start
from agw.translate.gemini import signatures
from agw.translate.gemini.spoke import GeminiSpoke
from agw.translate.neutral import (
    Answer,
    Audio,
    BuiltinTool,
    Choice,
    Choosing,
    Citation,
    Failure,
    File,
    Image,
    Maker,
    Reasoning,
    Refusal,
    Request,
    Role,
    Seal,
    Stop,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Trouble,
    Turn,
)  # fmt: skip
from agw.usage import Usage

GEMINI = GeminiSpoke()
ASKED = Request("gpt-4o", (), "google")
USAGE = Usage(10, 12, cache_read_tokens=4, reasoning_tokens=7)
WRITTEN_USAGE = {"promptTokenCount": 10, "candidatesTokenCount": 5, "thoughtsTokenCount": 7, "cachedContentTokenCount": 4,
                 "totalTokenCount": 22}  # fmt: skip
BODY = {
    "model": "gpt-4o", "stream": True,
    "system_instruction": {"parts": [{"text": "Be brief"}]},
    "contents": [
        {"role": "user", "parts": [{"text": "What?"}, {"inline_data": {"mime_type": "image/png", "data": "iVBO"}},
                                   {"fileData": {"mimeType": "application/pdf", "fileUri": "gs://b/x.pdf"}},
                                   {"inlineData": {"mimeType": "audio/mpeg", "data": "UklG"}}]},
        {"role": "model", "parts": [{"text": "hm", "thought": True}, {"functionCall": {"name": "look", "args": {"x": 1}}, "thoughtSignature": "c2ln"},
                                    {"functionCall": {"name": "look", "args": {"x": 2}}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "look", "response": {"result": "one"}}},
                                   {"functionResponse": {"name": "look", "response": {"error": "two"}}}]},
    ],
    "tools": [{"functionDeclarations": [{"name": "look", "description": "d", "parameters": {"type": "OBJECT", "properties": {"x": {"type": "INTEGER", "nullable": True}}}}]},
              {"googleSearch": {}}],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["look"]}},
    "generationConfig": {"temperature": 0.5, "topP": 0.9, "maxOutputTokens": 100, "stopSequences": ["END"], "candidateCount": 1,
                         "responseMimeType": "application/json", "responseSchema": {"type": "STRING"},
                         "thinkingConfig": {"thinkingBudget": 2048, "includeThoughts": True}},
    "safetySettings": [{"category": "x"}],
}  # fmt: skip


def read(body: dict) -> tuple[Request, tuple[str, ...]]:
    losses = Losses()
    return GEMINI.read_request(body, losses), losses.names


def test_a_whole_request_is_read_and_calls_without_ids_meet_their_responses():
    request, dropped = read(BODY)
    assert (request.model, request.stream, request.system) == ("gpt-4o", True, (Text("Be brief"),))
    assert request.turns == (
        Turn(Role.USER, (Text("What?"), Image(data="iVBO", mime="image/png"), File(url="gs://b/x.pdf", mime="application/pdf"),
                         Audio("UklG", "mp3"))),
        Turn(Role.ASSISTANT, (Reasoning("hm", summary=True), ToolCall("call_1", "look", '{"x":1}', seal=Seal(Maker.GOOGLE, "c2ln")),
                              ToolCall("call_2", "look", '{"x":2}'))),
        Turn(Role.USER, (ToolResult("call_1", (Text("one"),)), ToolResult("call_2", (Text("two"),), is_error=True))),
    )  # fmt: skip
    schema = {"type": "object", "properties": {"x": {"type": ["integer", "null"]}}}
    assert request.tools == (Tool("look", "d", schema), BuiltinTool("web_search", {"googleSearch": {}}))
    assert request.tool_choice == ToolChoice(Choosing.NAMED, "look")
    assert (request.sampling.temperature, request.sampling.max_tokens, request.sampling.stop) == (0.5, 100, ("END",))
    assert request.output.schema == {"type": "string"}
    assert request.thinking == Thinking(enabled=True, budget_tokens=2048, summary="auto")
    assert dropped == ("safetySettings",)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "contents"),
        ({"contents": [], "cachedContent": "cachedContents/x"}, "cachedContent"),
        ({"contents": [], "generationConfig": {"responseModalities": ["IMAGE"]}}, "responseModalities"),
        ({"contents": [{"parts": [{"inlineData": {"mimeType": "video/mp4", "data": "x"}}]}]}, "video"),
        (
            {"contents": [{"parts": [{"functionResponse": {"name": "f", "response": {}}}]}]},
            "no function call named 'f'",
        ),
        ({"contents": [{"parts": [{"surprise": {}}]}]}, "surprise"),
        ({"contents": [], "tools": [{"functionDeclarations": [{}]}]}, "name: must be a string"),
    ],
)
def test_what_cannot_be_carried_is_refused_with_its_place(body, why):
    with pytest.raises(BadRequest, match=why):
        read(body)


CALL = ToolCall("c1", "look", '{"x":1}', seal=Seal(Maker.GOOGLE, "c2ln"))
THOUGHT = Reasoning("hm", Seal(Maker.ANTHROPIC, "EqQB"))
PARTS = (THOUGHT, Text("Hello", citations=(Citation("https://x.example", title="X"),)), CALL)


def test_a_whole_answer_is_one_that_googles_types_read():
    answer = Answer((Choice(PARTS, Stop.TOOL_CALLS),), id="r", model="gpt-4o-2024", usage=USAGE)
    body = GEMINI.write_answer(answer, ASKED, Losses())
    official = types.GenerateContentResponse.model_validate(body)
    assert official.text == "Hello"
    assert official.function_calls[0].args == {"x": 1}
    assert official.usage_metadata.thoughts_token_count == 7
    assert body["usageMetadata"] == WRITTEN_USAGE
    thought, _, call = body["candidates"][0]["content"]["parts"]
    assert thought == {
        "text": "hm",
        "thought": True,
        "thoughtSignature": base64.b64encode(b"agw.anthropic.sealed..EqQB").decode(),
    }
    assert call["thoughtSignature"] == "c2ln"
    assert body["candidates"][0]["groundingMetadata"]["groundingChunks"] == [
        {"web": {"uri": "https://x.example", "title": "X"}}
    ]


DELTAS = [
    Start("r", "gpt-4o-2024"),
    Open(0, Reasoning("")), Grow(0, "h"), Grow(0, "m"), Grow(0, seal=THOUGHT.seal), Close(0),
    Open(1, Text("")), Grow(1, "Hel"), Grow(1, "lo"), Grow(1, citation=Citation("https://x.example")), Close(1),
    Open(2, ToolCall("c1", "look", "", seal=CALL.seal)), Open(3, ToolCall("c2", "look", "")), Grow(2, '{"x"'), Grow(3, "{}"), Grow(2, ":1}"),
    Close(2), Close(3),
    Finish(Stop.TOOL_CALLS), Counted(USAGE), End(),
]  # fmt: skip


def played(deltas: list) -> list[dict]:
    writer = GEMINI.stream_writer(ASKED, Losses())
    events = [data for one in deltas for data in writer.write(one)]
    assert all(one.startswith(b"data: ") and one.endswith(b"\n\n") for one in events)
    return [json.loads(one[6:]) for one in events]


def test_a_stream_is_whole_answers_that_googles_types_read():
    chunks = played(DELTAS)
    official = [types.GenerateContentResponse.model_validate(one) for one in chunks]
    parts = [part for one in official for part in one.candidates[0].content.parts or ()]
    assert "".join(one.text for one in parts if one.text and not one.thought) == "Hello"
    assert "".join(one.text for one in parts if one.text and one.thought) == "hm"
    assert [(one.function_call.id, one.function_call.args) for one in parts if one.function_call] == [
        ("c1", {"x": 1}),
        ("c2", {}),
    ]
    assert chunks[-1]["usageMetadata"] == WRITTEN_USAGE
    assert [one.candidates[0].finish_reason for one in official if one.candidates[0].finish_reason] == ["STOP"]
    assert all(one["responseId"] == "r" and one["modelVersion"] == "gpt-4o-2024" for one in chunks)


def test_an_error_in_mid_stream_is_googles_and_nothing_follows():
    failure = Failure(429, Trouble.RATE_LIMIT, "slow down")
    chunks = played([*DELTAS[:4], Close(0), Failed(failure), End()])
    assert chunks[-1] == {"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}}


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        (Stop.END, "STOP"),
        (Stop.LENGTH, "MAX_TOKENS"),
        (Stop.FILTER, "SAFETY"),
        (Stop.REFUSAL, "SAFETY"),
        (Stop.CONTEXT, "MAX_TOKENS"),
    ],
)
def test_reasons_to_stop(stop, reason):
    body = GEMINI.write_answer(Answer((Choice((Refusal("No."),), stop),)), ASKED, Losses())
    assert body["candidates"][0]["finishReason"] == reason
    assert types.GenerateContentResponse.model_validate(body).text == "No."
    assert played([Start(), Finish(stop), End()])[0]["candidates"][0]["finishReason"] == reason


@pytest.mark.parametrize(
    ("kind", "status"), [(Trouble.INVALID, "INVALID_ARGUMENT"), (Trouble.OVERLOADED, "UNAVAILABLE")]
)
def test_errors_have_code_message_and_status(kind, status):
    body = GEMINI.write_error(Failure(418, kind, "no"))
    assert body == {"error": {"code": 418, "message": "no", "status": status}}


@given(st.builds(Seal, maker=st.sampled_from(Maker), value=st.text(), redacted=st.booleans()), st.booleans())
def test_another_makers_seal_survives_googles_base64(seal, url_safe):
    if seal.maker is not Maker.GOOGLE:
        written = signatures.write(seal)
        assert signatures.read(written.replace("+", "-").replace("/", "_") if url_safe else written) == seal
