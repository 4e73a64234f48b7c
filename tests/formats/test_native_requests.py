"""What Gemini's and Bedrock's requests ask for, in either spelling."""

from __future__ import annotations

import pytest

from agw.formats.registry import FORMATS

GEMINI = {
    "system_instruction": {"parts": [{"text": "Be brief."}]},
    "contents": [
        {"role": "user", "parts": [{"text": "What is it?"}, {"inline_data": {"mime_type": "image/png", "data": "iVBO"}}]},
        {"role": "model", "parts": [{"functionCall": {"id": "c1", "name": "look", "args": {"x": 1}}, "thoughtSignature": "s"}]},
        {"role": "user", "parts": [{"functionResponse": {"id": "c1", "name": "look", "response": {"seen": True}}}]},
        {"parts": [{"fileData": {"mimeType": "application/pdf", "fileUri": "gs://b/x.pdf"}}, {"executableCode": {"code": "1"}}]},
    ],
    "tools": [{"functionDeclarations": [{"name": "look", "description": "d", "parameters": {"type": "OBJECT"}}]}, {"googleSearch": {}}],
    "generationConfig": {"temperature": 0.5, "topP": 0.9, "topK": 40, "maxOutputTokens": 800, "candidateCount": 2,
                         "stopSequences": ["END"], "responseMimeType": "application/json", "seed": 5},
}  # fmt: skip

CONVERSE = {
    "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
    "messages": [
        {"role": "user", "content": [{"text": "What is it?"}, {"image": {"format": "png", "source": {"bytes": "iVBO"}}}]},
        {"role": "assistant", "content": [{"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "s"}}},
                                          {"toolUse": {"toolUseId": "c1", "name": "look", "input": {"x": 1}}}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "c1", "content": [{"json": {"seen": True}}]}}]},
    ],
    "inferenceConfig": {"maxTokens": 512, "temperature": 0.5, "topP": 0.9, "stopSequences": ["END"]},
    "toolConfig": {"tools": [{"toolSpec": {"name": "look", "description": "d", "inputSchema": {"json": {"type": "object"}}}}]},
}  # fmt: skip


def test_geminis_settings_are_read_in_camel_and_snake_case():
    read = FORMATS["generateContent"].read_request
    facts = read(GEMINI)
    assert (facts.temperature, facts.top_p, facts.top_k, facts.max_tokens) == (0.5, 0.9, 40, 800)
    assert (facts.choice_count, facts.stop_sequences, facts.output_type, facts.seed) == (2, ("END",), "json", 5)
    snake = {"top_p": 0.9, "max_output_tokens": 800, "stop_sequences": ["END"], "response_mime_type": "text/plain"}
    facts = read({"generation_config": snake})
    assert (facts.top_p, facts.max_tokens, facts.stop_sequences, facts.output_type) == (0.9, 800, ("END",), "text")


def test_geminis_content_takes_the_conventions_shapes():
    content = FORMATS["generateContent"].request_content(GEMINI)
    assert content.system_instructions == [{"type": "text", "content": "Be brief."}]
    assert [one["role"] for one in content.input_messages] == ["user", "assistant", "user", "user"]
    image = {"type": "blob", "mime_type": "image/png", "modality": "image", "content": "iVBO"}
    assert content.input_messages[0]["parts"][1] == image
    assert content.input_messages[1]["parts"] == [
        {"type": "tool_call", "name": "look", "arguments": {"x": 1}, "id": "c1"}
    ]
    assert content.input_messages[3]["parts"][0] == {"type": "uri", "modality": "document", "uri": "gs://b/x.pdf"}
    assert content.tool_definitions == [
        {"type": "function", "name": "look", "description": "d", "parameters": {"type": "OBJECT"}}
    ]


def test_converses_settings_and_content_are_read():
    form = FORMATS["converse"]
    facts = form.read_request(CONVERSE)
    assert (facts.max_tokens, facts.temperature, facts.top_p, facts.stop_sequences) == (512, 0.5, 0.9, ("END",))
    content = form.request_content(CONVERSE)
    assert content.system_instructions == [{"type": "text", "content": "Be brief."}]
    assert [[part["type"] for part in one["parts"]] for one in content.input_messages] == [
        ["text", "blob"],
        ["reasoning", "tool_call"],
        ["tool_call_response"],
    ]
    assert content.input_messages[2]["role"] == "tool"
    assert content.tool_definitions == [
        {"type": "function", "name": "look", "description": "d", "parameters": {"type": "object"}}
    ]


@pytest.mark.parametrize(("name", "body"), [("generateContent", GEMINI), ("converse", CONVERSE)])
def test_a_rerank_query_is_content_and_documents_are_not(name, body):
    asked = {"model": "rerank-v3.5", "query": "capital?", "documents": ["a", "b"]}
    content = FORMATS["rerank"].request_content(asked)
    assert content.input_messages == [{"role": "user", "parts": [{"type": "text", "content": "capital?"}]}]
    assert FORMATS[name].request_content(body).output_messages is None
