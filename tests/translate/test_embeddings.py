"""OpenAI's embeddings answered by Vertex and by the models of Bedrock, as their documents show them."""

from __future__ import annotations

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import CreateEmbeddingResponse

from agw.errors import BadRequest
from agw.formats.registry import FORMATS
from agw.translate.registry import can_translate, translator
from agw.usage import Source, Usage

TWO = {"model": "text-embedding-005", "input": ["a", "b"]}
VERTEX_ANSWER = {
    "predictions": [
        {"embeddings": {"values": [0.5, 0.25], "statistics": {"truncated": False, "token_count": 3}}},
        {"embeddings": {"values": [0.125, 1], "statistics": {"truncated": False, "token_count": 4}}},
    ],
    "metadata": {"billableCharacterCount": 11},
}
COHERE = "cohere.embed-english-v3"


def asked(wire: str, **body):
    one = translator("embeddings", wire, region="us-east-1")
    return one, one.request({"model": "text-embedding-005", "input": "a", **body})


def test_vertex_takes_many_texts_and_tells_the_tokens_of_each():
    one, sent = asked("vertexEmbeddings", input=["a", "b"], dimensions=256, input_type="query", user="u")
    assert sent.body == {
        "instances": [
            {"content": "a", "task_type": "RETRIEVAL_QUERY"},
            {"content": "b", "task_type": "RETRIEVAL_QUERY"},
        ],
        "parameters": {"outputDimensionality": 256},
    }
    assert sent.dropped == ("user",)
    answer = CreateEmbeddingResponse.model_validate(one.answer(VERTEX_ANSWER))
    assert [item.embedding for item in answer.data] == [[0.5, 0.25], [0.125, 1]]
    assert (answer.usage.prompt_tokens, answer.model) == (7, "text-embedding-005")
    assert FORMATS["vertexEmbeddings"].read_answer(VERTEX_ANSWER).usage == Usage(7, source=Source.COMPUTED)


def test_base64_is_little_endian_floats():
    one, _ = asked("vertexEmbeddings", encoding_format="base64")
    data = one.answer(VERTEX_ANSWER)["data"]
    assert struct.unpack("<2f", base64.b64decode(data[0]["embedding"])) == (0.5, 0.25)


@pytest.mark.parametrize(
    ("body", "sent", "answer", "tokens"),
    [
        ({"model": "amazon.titan-embed-text-v2:0", "dimensions": 512}, {"inputText": "a", "dimensions": 512},
         {"embedding": [1.0], "inputTextTokenCount": 5, "embeddingsByType": {"float": [1.0]}}, 5),
        ({"model": "amazon.titan-embed-text-v1"}, {"inputText": "a"}, {"embedding": [1.0], "inputTextTokenCount": 5}, 5),
        ({"model": COHERE, "input_type": "query"},
         {"texts": ["a"], "input_type": "search_query", "embedding_types": ["float"]},
         {"embeddings": {"float": [[1.0]]}, "id": "x", "response_type": "embeddings_by_type", "texts": ["a"]}, None),
        ({"model": "us.cohere.embed-v4:0", "dimensions": 256},
         {"texts": ["a"], "input_type": "search_document", "embedding_types": ["float"], "output_dimension": 256},
         {"embeddings": [[1.0]], "response_type": "embeddings_floats"}, None),
        ({"model": "amazon.nova-2-multimodal-embeddings-v1:0", "dimensions": 1024},
         {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": {
             "embeddingPurpose": "GENERIC_INDEX", "embeddingDimension": 1024, "text": {"truncationMode": "NONE", "value": "a"}}},
         {"embeddings": [{"embeddingType": "TEXT", "embedding": [1.0]}]}, None),
    ],
)  # fmt: skip
def test_each_of_bedrocks_families_has_its_own_body(body, sent, answer, tokens):
    one, made = asked("bedrockEmbeddings", **body)
    assert (made.body, made.dropped) == (sent, ())
    written = one.answer(answer)
    assert written["data"] == [{"object": "embedding", "index": 0, "embedding": [1.0]}]
    assert written.get("usage", {}).get("prompt_tokens") == tokens
    usage = FORMATS["bedrockEmbeddings"].read_answer(answer).usage
    assert (usage and usage.input_tokens) == tokens


@pytest.mark.parametrize(
    ("wire", "body", "why"),
    [
        ("vertexEmbeddings", {"input": [1, 2]}, "instead of tokens"),
        ("vertexEmbeddings", {"input": []}, "must be a text"),
        ("bedrockEmbeddings", {"model": "amazon.titan-embed-text-v2:0", "input": ["a", "b"]}, "one text per call"),
        ("bedrockEmbeddings", {"model": COHERE, "dimensions": 9}, "one length only"),
        ("bedrockEmbeddings", {"model": "amazon.titan-embed-text-v1", "dimensions": 9}, "one length only"),
        ("bedrockEmbeddings", {"model": "twelvelabs.marengo"}, "Amazon Titan, Amazon Nova and Cohere"),
    ],
)
def test_what_would_change_the_vectors_is_refused(wire, body, why):
    with pytest.raises(BadRequest, match=why):
        asked(wire, **body)


def test_errors_come_in_openais_shape():
    one, _ = asked("vertexEmbeddings")
    body = one.error(429, {"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED"}})
    assert (body["error"]["type"], body["error"]["message"]) == ("rate_limit_error", "quota")
    one, _ = asked("bedrockEmbeddings", model=COHERE)
    assert one.error(400, {"message": "bad"})["error"]["message"] == "bad"
    assert one.error(503, None)["error"]["message"]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda one: st.lists(one, max_size=3)
    | st.dictionaries(st.sampled_from(["embeddings", "values", "float", "embedding", "statistics", "token_count"]), one, max_size=3),
)  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(["model", "input", "dimensions", "input_type"]), JSON),
    st.dictionaries(st.sampled_from(["predictions", "embeddings", "embedding", "inputTextTokenCount"]), JSON),
    st.sampled_from([COHERE, "amazon.titan-embed-text-v2:0", "x"]),
)
def test_any_body_is_translated_or_refused(body, answer, model):
    for wire in ("vertexEmbeddings", "bedrockEmbeddings"):
        assert can_translate("embeddings", wire)
        one = translator("embeddings", wire)
        try:
            one.request({"model": model, **body})
        except BadRequest:
            pass
        one.answer(answer)
        one.error(500, answer)
