"""Requests for Bedrock's Converse, held against Amazon's own model of its API, and its answers, read."""

from __future__ import annotations

import json
from dataclasses import replace

import botocore.session
import pytest
from botocore.validate import ParamValidator

from agw.errors import BadRequest
from agw.streaming.eventstream import EventStream
from agw.streaming.sse import SseEvent
from agw.translate.base import Losses
from agw.translate.converse.spoke import ConverseSpoke
from agw.translate.deltas import Close, Counted, End, Failed, Finish, Grow, Open, Start
from agw.translate.neutral import (
    Audio,
    CacheMark,
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
from support.eventstream import event, exception

CONVERSE = ConverseSpoke()
SHAPE = botocore.session.get_session().get_service_model("bedrock-runtime").operation_model("Converse").input_shape
CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
LOOK = Tool("mcp/look", "Looks.", {"type": "object", "properties": {"x": {"type": "integer"}}})
SIGNED = Seal(Maker.ANTHROPIC, "c2ln")
HI = Turn(Role.USER, (Text("Hi"),))


def asked(*turns: Turn, model: str = CLAUDE, family: str = "openai", **more) -> Request:
    return Request(model, turns or (HI,), family, **more)


def written(request: Request) -> tuple[dict, tuple[str, ...]]:
    losses = Losses()
    body = CONVERSE.write_request(request, losses)
    report = ParamValidator().validate({"modelId": request.model, **body}, SHAPE)
    assert not report.has_errors(), report.generate_report()
    json.dumps(body)
    return body, losses.names


def test_a_conversation_with_tools_thoughts_and_marks():
    mark = CacheMark("1h")
    body, dropped = written(
        asked(
            Turn(Role.USER, (Text("What?", cache=mark), Image(data="iVBO", mime="image/jpeg"), Text("  "))),
            Turn(Role.ASSISTANT, (Reasoning("Hm", SIGNED), Reasoning("", Seal(Maker.ANTHROPIC, "cmVk", redacted=True)),
                                  Reasoning("foreign"), ToolCall("call 1|x", "mcp/look", '{"x":1}'))),
            Turn(Role.USER, (ToolResult("call 1|x", (Text("seen"), Image(data="iVBO", mime="image/png")), is_error=True),)),
            Turn(Role.USER, (Text("Go on"),)),
            system=(Text("Be brief", cache=CacheMark()),), tools=(replace(LOOK, cache=mark, strict=True),),
            tool_choice=ToolChoice(Choosing.NAMED, "mcp/look"), family="anthropic",
        )
    )  # fmt: skip
    assert body["system"] == [{"text": "Be brief"}, {"cachePoint": {"type": "default"}}]
    first, model, second = body["messages"]
    assert first["content"] == [
        {"text": "What?"},
        {"cachePoint": {"type": "default", "ttl": "1h"}},
        {"image": {"format": "jpeg", "source": {"bytes": "iVBO"}}},
    ]
    assert model["content"] == [
        {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "c2ln"}}},
        {"reasoningContent": {"redactedContent": "cmVk"}},
        {"toolUse": {"toolUseId": "call_1_x", "name": "mcp_look", "input": {"x": 1}}},
    ]
    result = second["content"][0]["toolResult"]
    assert (result["toolUseId"], result["status"]) == ("call_1_x", "error")
    assert second["content"][1] == {"text": "Go on"}
    spec, point = body["toolConfig"]["tools"]
    assert (spec["toolSpec"]["name"], spec["toolSpec"]["strict"], list(point)) == ("mcp_look", True, ["cachePoint"])
    assert body["toolConfig"]["toolChoice"] == {"tool": {"name": "mcp_look"}}
    assert dropped == ("reasoning",)


def test_sampling_goes_where_each_model_takes_it():
    sampling = Sampling(max_tokens=9, temperature=1.5, top_k=4, stop=("END",), seed=1)
    body, dropped = written(asked(sampling=sampling, user="u"))
    assert body["inferenceConfig"] == {"maxTokens": 9, "temperature": 1, "stopSequences": ["END"]}
    assert body["additionalModelRequestFields"] == {"top_k": 4}
    assert dropped == ("temperature above 1", "seed", "user")
    body, _ = written(asked(model="amazon.nova-lite-v1:0", sampling=Sampling(top_k=4, temperature=0.5, top_p=0.9)))
    assert body["additionalModelRequestFields"] == {"inferenceConfig": {"topK": 4}}
    assert body["inferenceConfig"] == {"topP": 0.9, "temperature": 0.5}
    assert written(asked(model="meta.llama3-1-8b-instruct-v1:0", sampling=Sampling(top_k=4)))[1] == ("top_k",)


@pytest.mark.parametrize(
    ("model", "thinking", "fields", "effort"),
    [
        (CLAUDE, Thinking(effort="medium"), {"thinking": {"type": "enabled", "budget_tokens": 2048}}, None),
        ("anthropic.claude-opus-4-7-v1:0", Thinking(effort="high"), {"thinking": {"type": "adaptive"}}, "high"),
        ("openai.gpt-oss-120b-1:0", Thinking(effort="high"), {"reasoning_effort": "high"}, None),
        ("amazon.nova-2-lite-v1:0", Thinking(effort="low"),
         {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}, None),
        ("meta.llama3-1-8b-instruct-v1:0", Thinking(effort="low"), None, None),
    ],
)  # fmt: skip
def test_thinking_is_said_in_each_models_own_words(model, thinking, fields, effort):
    body, dropped = written(asked(model=model, thinking=thinking, sampling=Sampling(max_tokens=9000)))
    assert body.get("additionalModelRequestFields") == fields
    assert body.get("outputConfig", {}).get("effort") == effort
    assert dropped == (() if fields else ("reasoning_effort",))


def test_a_demanded_schema_goes_as_json_text():
    body, _ = written(asked(output=OutputFormat({"type": "object"}, name="answer")))
    structure = body["outputConfig"]["textFormat"]["structure"]["jsonSchema"]
    assert structure == {"schema": '{"type":"object"}', "name": "answer"}
    assert written(asked(output=OutputFormat()))[1] == ("response_format",)


def test_marks_are_told_only_to_models_that_cache():
    turn = Turn(Role.USER, (Text("Hi", cache=CacheMark()),))
    assert written(asked(turn, model="meta.llama3-1-8b-instruct-v1:0"))[1] == ("cache_control",)
    assert (
        len(
            written(asked(turn, model="arn:aws:bedrock:us-east-1:1:application-inference-profile/x"))[0]["messages"][0][
                "content"
            ]
        )
        == 2
    )


def test_tools_that_are_no_more_offered_are_declared_for_the_calls_that_were_made():
    called = (
        HI,
        Turn(Role.ASSISTANT, (ToolCall("c", "old", "{}"),)),
        Turn(Role.USER, (ToolResult("c", (Text("1"),)),)),
    )
    assert [one["toolSpec"]["name"] for one in written(asked(*called))[0]["toolConfig"]["tools"]] == ["old"]
    none = ToolChoice(Choosing.NONE)
    body, dropped = written(asked(*called, tools=(LOOK,), tool_choice=none))
    assert ("toolChoice" in body["toolConfig"], dropped) == (False, ("tool_choice",))
    assert "toolConfig" not in written(asked(tools=(LOOK,), tool_choice=none))[0]


def test_documents_and_audio_are_bytes_with_a_tame_name():
    parts = (
        File(data="JVBE", mime="application/pdf", filename="q3_report (final).pdf"),
        File(text="a", filename="n.md"),
        Audio("UklG", "wav"),
    )
    content = written(asked(Turn(Role.USER, parts)))[0]["messages"][0]["content"]
    assert content[0]["document"] == {"format": "pdf", "name": "q3 report (final)", "source": {"bytes": "JVBE"}}
    assert content[1]["document"] == {"format": "txt", "name": "n", "source": {"bytes": "YQ=="}}
    assert content[2] == {"audio": {"format": "wav", "source": {"bytes": "UklG"}}}
    s3 = written(asked(Turn(Role.USER, (Image(url="s3://b/k.webp"),))))[0]["messages"][0]["content"][0]
    assert s3 == {"image": {"format": "webp", "source": {"s3Location": {"uri": "s3://b/k.webp"}}}}


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (asked(Turn(Role.USER, (Image(url="https://x.example/a.png"),))), "data URL"),
        (asked(Turn(Role.USER, (File(url="https://x.example/a.pdf"),))), "data URL"),
        (asked(Turn(Role.USER, (Image(data="x", mime="image/tiff"),))), "image/tiff"),
        (asked(Turn(Role.USER, (File(data="x", mime="video/mp4"),))), "video/mp4"),
        (asked(sampling=Sampling(n=2)), "one answer"),
        (asked(Turn(Role.USER, ())), "at least one message"),
        (asked(tool_choice=ToolChoice(Choosing.REQUIRED)), "demands a tool"),
    ],
)
def test_what_cannot_be_carried_is_refused_with_what_to_do(request_, why):
    with pytest.raises(BadRequest, match=why):
        written(request_)


# --- answers --------------------------------------------------------------------------------------------------------

USAGE_BODY = {
    "inputTokens": 3,
    "outputTokens": 9,
    "totalTokens": 112,
    "cacheReadInputTokens": 100,
    "cacheWriteInputTokens": 0,
}
USAGE = Usage(103, 9, 112, cache_read_tokens=100, cache_write_tokens=0)
UNARY = {
    "output": {"message": {"role": "assistant", "content": [
        {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "c2ln"}}}, {"text": "Hello"},
        {"toolUse": {"toolUseId": "t1", "name": "mcp_look", "input": {"x": 1}}}]}},
    "stopReason": "tool_use", "usage": USAGE_BODY, "metrics": {"latencyMs": 1},
}  # fmt: skip
FRAMES = [
    event("messageStart", {"role": "assistant"}),
    event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "Hm"}}}),
    event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "c2ln"}}}),
    event("contentBlockStop", {"contentBlockIndex": 0}),
    event("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "Hel"}}),
    event("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "lo"}}),
    event("contentBlockStop", {"contentBlockIndex": 1}),
    event("contentBlockStart", {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "t1", "name": "mcp_look"}}}),
    event("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": '{"x"'}}}),
    event("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": ":1}"}}}),
    event("contentBlockStop", {"contentBlockIndex": 2}),
    event("messageStop", {"stopReason": "tool_use"}),
    event("metadata", {"usage": USAGE_BODY, "metrics": {"latencyMs": 1}}),
]


def streamed(*frames: bytes, request: Request | None = None) -> list:
    reader = CONVERSE.stream_reader(request or asked(tools=(LOOK,)), Losses())
    events = EventStream().feed(b"".join(frames))
    return [delta for one in events for delta in reader.feed(one)] + reader.end() + reader.end()


def test_a_whole_answer_has_the_clients_tool_names_again():
    answer = CONVERSE.read_answer(UNARY, asked(tools=(LOOK,)), Losses())
    (choice,) = answer.choices
    assert choice.parts == (Reasoning("Hm", SIGNED), Text("Hello"), ToolCall("t1", "mcp/look", '{"x":1}'))
    assert (choice.stop, answer.usage) == (Stop.TOOL_CALLS, USAGE)


def test_a_stream_says_the_same_in_pieces():
    assert streamed(*FRAMES) == [
        Start(),
        Open(0, Reasoning("")), Grow(0, "Hm"), Grow(0, "", seal=SIGNED), Close(0),
        Open(1, Text("")), Grow(1, "Hel"), Grow(1, "lo"), Close(1),
        Open(2, ToolCall("t1", "mcp/look", "")), Grow(2, '{"x"'), Grow(2, ":1}"), Close(2),
        Finish(Stop.TOOL_CALLS), Counted(USAGE), End(),
    ]  # fmt: skip


def test_a_call_without_arguments_gets_an_empty_object():
    deltas = streamed(FRAMES[7], FRAMES[10], FRAMES[11])
    assert Grow(0, "{}") in deltas


def test_a_stream_that_breaks_off_fails_after_closing_what_is_open():
    assert [type(one) for one in streamed(*FRAMES[:6])[-3:]] == [Close, Failed, End]


def test_an_exception_in_mid_stream_is_told_by_its_name():
    deltas = streamed(*FRAMES[:2], exception("throttlingException", "slow down"), *FRAMES[2:])
    assert [type(one) for one in deltas[-3:]] == [Close, Failed, End]
    failure = deltas[-2].failure
    assert (failure.kind, failure.status, failure.message) == (Trouble.RATE_LIMIT, 429, "slow down")


def test_cited_and_redacted_content_is_read():
    content = [
        {"citationsContent": {"content": [{"text": "It is."}], "citations": [
            {"title": "T", "location": {"web": {"url": "https://x.example"}}, "sourceContent": [{"text": "is"}]},
            {"title": "own", "location": {"documentPage": {"start": 1}}}]}},
        {"reasoningContent": {"redactedContent": "cmVk"}},
        {"image": {"format": "png", "source": {"bytes": "iVBO"}}},
        {"somethingNew": {}},
    ]  # fmt: skip
    losses = Losses()
    answer = CONVERSE.read_answer(
        {"output": {"message": {"content": content}}, "stopReason": "end_turn"}, asked(), losses
    )
    text, thought, image = answer.choices[0].parts
    assert (text.citations[0].url, len(text.citations)) == ("https://x.example", 1)
    assert (thought.seal.redacted, image.mime, losses.names) == (True, "image/png", ("answer.somethingNew",))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"message": "The provided model identifier is invalid."}, Trouble.INVALID),
        (403, {"message": "The security token included in the request is invalid."}, Trouble.AUTHENTICATION),
        (403, {"Message": "You don't have access to the model"}, Trouble.PERMISSION),
        (429, {"message": "Too many requests"}, Trouble.RATE_LIMIT),
        (424, {"message": "model failed"}, Trouble.SERVER),
        (400, {"__type": "com.amazon#ThrottlingException", "message": "x"}, Trouble.RATE_LIMIT),
        (503, None, Trouble.SERVER),
    ],
)
def test_errors_keep_status_kind_and_message(status, body, kind):
    failure = CONVERSE.read_error(status, body)
    assert (failure.status, failure.kind) == (status, kind)
    assert failure.message


def test_nobody_speaks_it_as_a_client():
    with pytest.raises(BadRequest, match="Bedrock only"):
        CONVERSE.read_request({"messages": []}, Losses())


def test_events_in_any_order_keep_the_order_of_deltas():
    one = SseEvent("contentBlockDelta", '{"contentBlockIndex": 5, "delta": {"text": "late"}}')
    reader = CONVERSE.stream_reader(asked(), Losses())
    assert reader.feed(SseEvent("messageStop", '{"stopReason": "end_turn"}'))[-1] == Finish(Stop.END)
    assert reader.feed(one) == []
