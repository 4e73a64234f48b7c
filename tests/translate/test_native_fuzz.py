"""Bodies and events of any shape: Gemini's and Bedrock's spokes read or refuse them, and keep the order of deltas."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from agw.errors import BadRequest
from agw.streaming.sse import SseEvent
from agw.translate.base import Losses
from agw.translate.converse.spoke import ConverseSpoke
from agw.translate.deltas import Close, End, Failed, Finish, Grow, Open, Start
from agw.translate.gemini.spoke import GeminiSpoke
from agw.translate.neutral import Request, Tool

GEMINI, CONVERSE = GeminiSpoke(), ConverseSpoke()
ASKED = Request("m", (), "openai", tools=(Tool("run", custom=True), Tool("f")))
KEYS = [
    "candidates", "content", "parts", "text", "thought", "thoughtSignature", "functionCall", "functionResponse", "name", "args",
    "id", "index", "finishReason", "usageMetadata", "promptTokenCount", "promptFeedback", "blockReason", "error", "inlineData",
    "mimeType", "data", "fileData", "fileUri", "groundingMetadata", "groundingChunks", "web", "uri", "response", "role", "contents",
    "tools", "functionDeclarations", "parameters", "toolConfig", "functionCallingConfig", "mode", "allowedFunctionNames",
    "generationConfig", "responseSchema", "responseMimeType", "thinkingConfig", "thinkingBudget", "systemInstruction", "code",
    "output", "message", "stopReason", "usage", "toolUse", "toolUseId", "input", "reasoningContent", "reasoningText", "signature",
    "redactedContent", "citationsContent", "citations", "location", "url", "delta", "start", "contentBlockIndex", "image",
    "source", "bytes", "additionalModelResponseFields", "inputTokens", "details", "reason", "status", "model", "stream",
]  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.sampled_from(
    ["", "run", "f", "STOP", "user", "model", "ANY", "OBJECT", "application/json", "image/png", "end_turn", "UNAVAILABLE", "x"]
)  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.sampled_from(KEYS), one, max_size=4),
    max_leaves=25,
)
PART = st.dictionaries(
    st.sampled_from(["text", "thought", "thoughtSignature", "functionCall", "inlineData", "odd"]), JSON, max_size=2
)
CHUNK = st.fixed_dictionaries(
    {},
    optional={
        "candidates": st.lists(
            st.fixed_dictionaries(
                {"content": st.fixed_dictionaries({"parts": st.lists(PART, max_size=3)})},
                optional={
                    "index": st.integers(-1, 2),
                    "finishReason": st.sampled_from(["STOP", "MAX_TOKENS", None, 1]),
                },
            ),
            max_size=2,
        ),
        "error": JSON,
        "promptFeedback": JSON,
        "usageMetadata": JSON,
    },
)
NAMES = [
    "messageStart",
    "contentBlockStart",
    "contentBlockDelta",
    "contentBlockStop",
    "messageStop",
    "metadata",
    "throttlingException",
    "",
]
BLOCK = st.fixed_dictionaries(
    {"contentBlockIndex": st.integers(0, 2)},
    optional={
        "delta": st.sampled_from(
            [{"text": "a"}, {"toolUse": {"input": "{"}}, {"reasoningContent": {"text": "h"}}, {"reasoningContent": {"signature": "s"}}, {"odd": 1}]
        ),
        "start": st.sampled_from([{"toolUse": {"toolUseId": "t", "name": "run"}}, {"toolUse": {"name": "f"}}, {"odd": {}}]),
        "stopReason": st.sampled_from(["end_turn", "tool_use", "odd", None]),
        "message": JSON,
        "usage": JSON,
    },
)  # fmt: skip


def in_order(deltas: list) -> None:
    """The rules that ``deltas.py`` writes down."""
    assert isinstance(deltas[0], Start)
    assert isinstance(deltas[-1], End)
    assert sum(isinstance(one, Start | End) for one in deltas) == 2
    failed = [at for at, one in enumerate(deltas) if isinstance(one, Failed)]
    assert failed in ([], [len(deltas) - 2])
    opened: dict[int, int] = {}
    finished: list[int] = []
    for one in deltas:
        if isinstance(one, Open):
            assert one.block == len(opened) + sum(isinstance(x, Close) for x in deltas[: deltas.index(one)])
            assert one.choice not in finished
            opened[one.block] = one.choice
        elif isinstance(one, Grow):
            assert one.block in opened
        elif isinstance(one, Close):
            del opened[one.block]
        elif isinstance(one, Finish):
            assert one.choice not in finished
            assert one.choice not in opened.values()
            finished.append(one.choice)
    assert not opened


def read(spoke, events: list[SseEvent]) -> list:
    reader = spoke.stream_reader(ASKED, Losses())
    deltas = [delta for one in events for delta in reader.feed(one)] + reader.end()
    assert reader.end() == []
    return deltas


@settings(max_examples=300)
@given(st.lists(CHUNK | JSON, max_size=5))
def test_any_stream_of_gemini_keeps_the_order_and_is_written_for_its_clients(chunks):
    deltas = read(GEMINI, [SseEvent("", json.dumps(one)) for one in chunks])
    in_order(deltas)
    writer = GEMINI.stream_writer(ASKED, Losses())
    for delta in deltas:
        for data in writer.write(delta):
            json.loads(data[6:])


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(NAMES), BLOCK | JSON), max_size=8))
def test_any_stream_of_converse_keeps_the_order(events):
    in_order(read(CONVERSE, [SseEvent(name, json.dumps(body)) for name, body in events]))


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6), st.integers(400, 599))
def test_any_answer_is_read_and_any_request_read_or_refused(body, status):
    for spoke in (GEMINI, CONVERSE):
        answer = spoke.read_answer(body, ASKED, Losses())
        GEMINI.write_answer(answer, ASKED, Losses())
        GEMINI.write_error(spoke.read_error(status, body))
    try:
        request = GEMINI.read_request({"contents": [], **body}, Losses())
    except BadRequest:
        return
    for spoke in (GEMINI, CONVERSE):
        try:
            json.dumps(spoke.write_request(request, Losses()))
        except BadRequest:
            pass
