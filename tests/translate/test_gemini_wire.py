"""Requests for Gemini, and its answers, read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from google.genai import types

from agw.errors import BadRequest
from agw.streaming.sse import SseEvent
from agw.translate.base import Losses
from agw.translate.deltas import Close, Counted, End, Failed, Finish, Grow, Open, Start
from agw.translate.gemini.spoke import GeminiSpoke
from agw.translate.neutral import (
    Audio,
    BuiltinTool,
    Choosing,
    File,
    Image,
    Maker,
    OutputFormat,
    Reasoning,
    Request,
    Role,
    Sampling,
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
LOOK = Tool("look", "Looks.", {"type": "object", "properties": {"x": {"type": "integer"}}})
SIGNED = Seal(Maker.GOOGLE, "c2ln")


def asked(*turns: Turn, **more) -> Request:
    return Request("gemini-2.5-flash", turns or (Turn(Role.USER, (Text("Hi"),)),), "openai", **more)


def written(request: Request) -> tuple[dict, tuple[str, ...]]:
    losses = Losses()
    body = GEMINI.write_request(request, losses)
    # Google's own types know every field that is sent.
    [types.Content.model_validate(one) for one in body["contents"]]
    types.GenerateContentConfig.model_validate(
        {"systemInstruction": body.get("systemInstruction"), "tools": body.get("tools"),
         "toolConfig": body.get("toolConfig"), **body.get("generationConfig", {})}
    )  # fmt: skip
    return body, losses.names


def test_a_conversation_with_tools_is_written_with_names_ids_and_order():
    body, dropped = written(
        asked(
            Turn(Role.USER, (Text("What?"), Image(url="https://x.example/a.png"), Image(data="iVBO", mime="image/png"))),
            Turn(Role.ASSISTANT, (Reasoning("foreign"), ToolCall("c1", "look", '{"x":1}'), ToolCall("c2", "look", ""))),
            Turn(Role.USER, (ToolResult("c2", (Text("no"),), is_error=True),)),
            Turn(Role.USER, (ToolResult("c1", (Text('{"seen": 1}'), Image(data="iVBO", mime="image/png"))), Text("Go on"))),
            system=(Text("Be brief"),), tools=(LOOK,), tool_choice=ToolChoice(Choosing.NAMED, "look"),
        )
    )  # fmt: skip
    first, model, second = body["contents"]
    assert first["parts"][1] == {"fileData": {"fileUri": "https://x.example/a.png", "mimeType": "image/png"}}
    assert [one["functionCall"] for one in model["parts"]] == [
        {"id": "c1", "name": "look", "args": {"x": 1}},
        {"id": "c2", "name": "look", "args": {}},
    ]
    assert second["parts"] == [
        {"functionResponse": {"id": "c1", "name": "look", "response": {"seen": 1}}},
        {"inlineData": {"mimeType": "image/png", "data": "iVBO"}},
        {"functionResponse": {"id": "c2", "name": "look", "response": {"error": "no"}}},
        {"text": "Go on"},
    ]
    assert body["systemInstruction"] == {"parts": [{"text": "Be brief"}]}
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["look"]}}
    assert dropped == ("reasoning",)


def test_signatures_ride_on_calls_and_thoughts_and_are_made_up_for_gemini_3_only():
    turns = (
        Turn(Role.USER, (Text("Hi"),)),
        Turn(Role.ASSISTANT, (Reasoning("I think", SIGNED), ToolCall("a", "look", "{}", seal=SIGNED), ToolCall("b", "look", "{}"))),
        Turn(Role.USER, (ToolResult("a", (Text("1"),)), ToolResult("b", (Text("2"),)))),
        Turn(Role.ASSISTANT, (ToolCall("c", "look", "{}"), ToolCall("d", "look", "{}"))),
        Turn(Role.USER, (ToolResult("c", (Text("3"),)), ToolResult("d", (Text("4"),)))),
        Turn(Role.ASSISTANT, (Text("So."), Reasoning("", SIGNED))),
        Turn(Role.USER, (Text("And?"),)),
    )  # fmt: skip
    request = replace(asked(*turns, tools=(LOOK,)), model="gemini-3-pro-preview")
    contents = written(request)[0]["contents"]
    assert contents[1]["parts"][0] == {"text": "I think", "thought": True, "thoughtSignature": "c2ln"}
    signatures = [
        [one.get("thoughtSignature") for one in content["parts"]] for content in contents if content["role"] == "model"
    ]
    assert signatures == [["c2ln", "c2ln", None], ["skip_thought_signature_validator", None], [None, "c2ln"]]
    older = written(replace(request, model="gemini-2.5-pro"))[0]["contents"]
    assert [one.get("thoughtSignature") for one in older[3]["parts"]] == [None, None]


@pytest.mark.parametrize(
    ("model", "thinking", "config"),
    [
        ("gemini-2.5-flash", Thinking(effort="low"), {"thinkingBudget": 1024, "includeThoughts": True}),
        ("gemini-2.5-flash", Thinking(effort="none"), {"thinkingBudget": 0}),
        ("gemini-2.5-flash", Thinking(enabled=False), {"thinkingBudget": 0}),
        ("gemini-2.5-flash", Thinking(enabled=True, budget_tokens=3000), {"thinkingBudget": 3000, "includeThoughts": True}),
        ("gemini-2.5-flash", Thinking(adaptive=True), {"thinkingBudget": -1, "includeThoughts": True}),
        ("gemini-3-pro", Thinking(effort="xhigh", summary="omitted"), {"thinkingLevel": "high", "includeThoughts": False}),
        ("gemini-3-pro", Thinking(effort="minimal"), {"thinkingLevel": "minimal", "includeThoughts": True}),
        ("gemini-2.0-flash", Thinking(effort="low"), None),
    ],
)  # fmt: skip
def test_thinking_is_a_level_or_a_budget(model, thinking, config):
    body, dropped = written(replace(asked(thinking=thinking), model=model))
    assert body.get("generationConfig", {}).get("thinkingConfig") == config
    assert dropped == (() if config else ("reasoning_effort",))


def test_sampling_and_output_have_googles_names():
    sampling = Sampling(max_tokens=9, temperature=0.5, top_p=0.9, top_k=4, stop=("END",), seed=1, n=2, frequency_penalty=0.1,
                        presence_penalty=0.2, logprobs=True, logit_bias={"1": 1})  # fmt: skip
    body, dropped = written(
        asked(
            sampling=sampling,
            output=OutputFormat({"type": "object", "properties": {"a": {"type": "string"}}}),
            user="u",
        )
    )
    assert body["generationConfig"] == {
        "maxOutputTokens": 9, "temperature": 0.5, "topP": 0.9, "topK": 4, "stopSequences": ["END"], "seed": 1,
        "candidateCount": 2, "frequencyPenalty": 0.1, "presencePenalty": 0.2, "responseMimeType": "application/json",
        "responseSchema": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}},
    }  # fmt: skip
    assert dropped == ("logprobs", "logit_bias", "user")


def test_files_and_audio_are_inline_and_a_search_is_googles_own():
    parts = (File(data="JVBE", mime="application/pdf"), File(text="a"), Audio("UklG", "wav"), File(url="gs://b/x.pdf"))
    body, _ = written(asked(Turn(Role.USER, parts), tools=(BuiltinTool("web_search", {}),)))
    kinds = [next(iter(one.values())) for one in body["contents"][0]["parts"]]
    assert [one.get("mimeType") for one in kinds] == ["application/pdf", "text/plain", "audio/wav", "application/pdf"]
    assert body["tools"] == [{"googleSearch": {}}]
    body, dropped = written(asked(tools=(BuiltinTool("web_search", {}), LOOK)))
    assert (list(body["tools"][0]), dropped) == (["functionDeclarations"], ("tools.web_search",))


def test_a_system_message_in_the_middle_joins_the_prompt():
    body, _ = written(
        asked(Turn(Role.USER, (Text("a"),)), Turn(Role.SYSTEM, (Text("Now shout"),)), system=(Text("Be brief"),))
    )
    assert body["systemInstruction"] == {"parts": [{"text": "Be brief"}, {"text": "Now shout"}]}


def test_what_cannot_be_carried_is_refused_with_what_to_do():
    with pytest.raises(BadRequest, match="not in the conversation"):
        written(asked(Turn(Role.USER, (ToolResult("gone", (Text("1"),)),))))
    with pytest.raises(BadRequest, match="send its data"):
        written(asked(Turn(Role.USER, (Image(file_id="file-1"),))))


# --- answers --------------------------------------------------------------------------------------------------------

CHUNKS = [
    {"candidates": [{"content": {"parts": [{"text": "Let me ", "thought": True}], "role": "model"}, "index": 0}],
     "usageMetadata": {"promptTokenCount": 8, "totalTokenCount": 8}, "modelVersion": "gemini-2.5-flash", "responseId": "r1"},
    {"candidates": [{"content": {"parts": [{"text": "see.", "thought": True}, {"text": "Hel"}], "role": "model"}, "index": 0}]},
    {"candidates": [{"content": {"parts": [{"text": "lo"}], "role": "model"}, "index": 0}]},
    {"candidates": [{"content": {"parts": [{"functionCall": {"id": "c1", "name": "look", "args": {"x": 1}}, "thoughtSignature": "c2ln"}],
                                 "role": "model"}, "finishReason": "STOP", "index": 0}],
     "usageMetadata": {"promptTokenCount": 8, "candidatesTokenCount": 5, "thoughtsTokenCount": 7, "totalTokenCount": 20},
     "modelVersion": "gemini-2.5-flash", "responseId": "r1"},
]  # fmt: skip
UNARY = {
    "candidates": [{"content": {"role": "model", "parts": [
        {"text": "Let me see.", "thought": True}, {"text": "Hello"},
        {"functionCall": {"id": "c1", "name": "look", "args": {"x": 1}}, "thoughtSignature": "c2ln"}]}, "finishReason": "STOP"}],
    "usageMetadata": CHUNKS[3]["usageMetadata"], "modelVersion": "gemini-2.5-flash", "responseId": "r1",
}  # fmt: skip
CALL = ToolCall("c1", "look", '{"x":1}', seal=SIGNED)
USAGE = Usage(8, 12, 20, reasoning_tokens=7)


def streamed(*chunks) -> list:
    reader = GEMINI.stream_reader(asked(tools=(LOOK,)), Losses())
    return (
        [delta for one in chunks for delta in reader.feed(SseEvent("", json.dumps(one)))] + reader.end() + reader.end()
    )


def test_a_whole_answer_keeps_the_order_of_its_parts():
    answer = GEMINI.read_answer(UNARY, asked(tools=(LOOK,)), Losses())
    (choice,) = answer.choices
    assert choice.parts == (Reasoning("Let me see.", summary=True), Text("Hello"), CALL)
    assert (choice.stop, answer.usage, answer.model, answer.id) == (Stop.TOOL_CALLS, USAGE, "gemini-2.5-flash", "r1")


def test_a_stream_says_the_same_in_pieces():
    assert streamed(*CHUNKS) == [
        Start("r1", "gemini-2.5-flash", usage=Usage(8, None, 8)),
        Open(0, Reasoning("", summary=True)), Grow(0, "Let me "), Grow(0, "see."), Close(0),
        Open(1, Text("")), Grow(1, "Hel"), Grow(1, "lo"), Close(1),
        Open(2, ToolCall("c1", "look", "", seal=SIGNED)), Grow(2, '{"x":1}'), Close(2),
        Finish(Stop.TOOL_CALLS), Counted(USAGE), End(),
    ]  # fmt: skip


def test_a_stream_that_breaks_off_fails_after_closing_what_is_open():
    assert [type(one) for one in streamed(*CHUNKS[:2])[-4:]] == [Close, Counted, Failed, End]
    assert [type(one) for one in streamed()] == [Start, Failed, End]


def test_an_error_in_mid_stream_is_told_by_its_word():
    deltas = streamed(CHUNKS[0], {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}, CHUNKS[1])
    assert [type(one) for one in deltas[-3:]] == [Close, Failed, End]
    assert (deltas[-2].failure.kind, deltas[-2].failure.status) == (Trouble.OVERLOADED, 503)


def test_mixed_candidates_have_blocks_of_their_own():
    def chunk(index: int, text: str, **more) -> dict:
        return {"candidates": [{"content": {"parts": [{"text": text}]}, "index": index, **more}]}

    deltas = streamed(
        chunk(0, "a"), chunk(1, "x"), chunk(0, "b", finishReason="STOP"), chunk(1, "y", finishReason="MAX_TOKENS")
    )
    assert [(one.block, one.text) for one in deltas if isinstance(one, Grow)] == [
        (0, "a"),
        (1, "x"),
        (0, "b"),
        (1, "y"),
    ]
    assert [one for one in deltas if isinstance(one, Finish)] == [Finish(Stop.END), Finish(Stop.LENGTH, choice=1)]


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("MAX_TOKENS", Stop.LENGTH),
        ("SAFETY", Stop.FILTER),
        ("SOMETHING_NEW", Stop.END),
        ("MALFORMED_FUNCTION_CALL", Stop.END),
    ],
)
def test_reasons_to_stop(reason, stop):
    body = {"candidates": [{"content": {}, "finishReason": reason}]}
    assert GEMINI.read_answer(body, asked(), Losses()).choices[0].stop is stop
    assert Finish(stop) in streamed(body)


def test_a_blocked_prompt_is_an_answer_that_a_filter_stopped():
    body = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 4}}
    answer = GEMINI.read_answer(body, asked(), Losses())
    assert (answer.choices[0].stop, answer.failure) == (Stop.FILTER, None)
    assert streamed(body)[1:] == [Finish(Stop.FILTER), Counted(Usage(4)), End()]


def test_custom_tools_get_their_text_back():
    custom = Tool("run", custom=True)
    body = {
        "candidates": [
            {"content": {"parts": [{"functionCall": {"name": "run", "args": {"input": "ls"}}}]}, "finishReason": "STOP"}
        ]
    }
    (call,) = GEMINI.read_answer(body, asked(tools=(custom,)), Losses()).choices[0].parts
    assert (call.arguments, call.custom, call.id.startswith("call_")) == ("ls", True, True)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": {"code": 400, "message": "bad", "status": "INVALID_ARGUMENT"}}, Trouble.INVALID),
        (400, {"error": {"code": 400, "message": "key", "status": "INVALID_ARGUMENT",
                         "details": [{"reason": "API_KEY_INVALID"}]}}, Trouble.AUTHENTICATION),
        (429, {"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED"}}, Trouble.RATE_LIMIT),
        (503, None, Trouble.SERVER),
    ],
)  # fmt: skip
def test_errors_keep_status_kind_and_message(status, body, kind):
    failure = GEMINI.read_error(status, body)
    assert (failure.status, failure.kind) == (status, kind)
    assert GEMINI.write_error(failure)["error"]["code"] == status


def test_a_word_of_a_server_that_imitates_google_is_no_filter():
    call = {"functionCall": {"name": "look", "args": {}}}
    body = {"candidates": [{"content": {"parts": [call]}, "finishReason": "FUNCTION_CALL"}]}
    assert GEMINI.read_answer(body, asked(), Losses()).choices[0].stop is Stop.TOOL_CALLS
