"""Cohere's rerank answered by Google's ranking API and by Bedrock."""

from __future__ import annotations

import botocore.session
import pytest
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from agw.errors import BadRequest
from agw.translate.registry import translator

BODY = {"model": "m", "query": "capital?", "documents": ["Paris", {"text": "Rome", "title": "T"}, {"a": 1}], "top_n": 2}


def asked(wire, **more):
    one = translator("rerank", wire, region="us-gov-west-1")
    return one, one.request({**BODY, **more})


def test_google_gets_records_by_their_place():
    one, sent = asked("vertexRerank", model="semantic-ranker-default@latest", return_documents=True, rank_fields=["a"])
    assert sent.body == {
        "model": "semantic-ranker-default@latest",
        "query": "capital?",
        "records": [
            {"id": "0", "content": "Paris"},
            {"id": "1", "title": "T", "content": "Rome"},
            {"id": "2", "content": '{"a":1}'},
        ],
        "ignoreRecordDetailsInResponse": True,
        "topN": 2,
    }
    assert sent.dropped == ("rank_fields",)
    answer = one.answer({"records": [{"id": "1", "score": 0.98}, {"id": "0"}, {"id": "77", "score": 1}, {"id": "x"}]})
    assert answer["results"] == [
        {"index": 1, "relevance_score": 0.98, "document": {"text": "Rome"}},
        {"index": 0, "relevance_score": 0.0, "document": {"text": "Paris"}},
    ]


def test_bedrock_gets_sources_that_amazons_own_model_takes():
    model = botocore.session.get_session().get_service_model("bedrock-agent-runtime")
    one, sent = asked("bedrockRerank", model="cohere.rerank-v3-5:0", top_n=9, max_tokens_per_doc=100)
    report = ParamValidator().validate(sent.body, model.operation_model("Rerank").input_shape)
    assert not report.has_errors(), report.generate_report()
    config = sent.body["rerankingConfiguration"]["bedrockRerankingConfiguration"]
    assert config["modelConfiguration"]["modelArn"] == (
        "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/cohere.rerank-v3-5:0"
    )
    assert config["numberOfResults"] == 3
    assert sent.body["sources"][2]["inlineDocumentSource"] == {"type": "JSON", "jsonDocument": {"a": 1}}
    answer = one.answer({"results": [{"index": 2, "relevanceScore": 0.5}, {"index": 0, "relevanceScore": 0.1}]})
    assert [(each["index"], each["relevance_score"]) for each in answer["results"]] == [(2, 0.5), (0, 0.1)]
    assert answer["meta"] == {"api_version": {"version": "2"}}


def test_an_arn_stays_as_it_is():
    arn = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.rerank-v1:0"
    _, sent = asked("bedrockRerank", model=arn)
    config = sent.body["rerankingConfiguration"]["bedrockRerankingConfiguration"]
    assert config["modelConfiguration"] == {"modelArn": arn}


@pytest.mark.parametrize("wire", ["vertexRerank", "bedrockRerank"])
@pytest.mark.parametrize("more", [{"documents": []}, {"documents": [1]}, {"query": None}, {"model": 1}])
def test_what_is_no_rerank_request_is_refused(wire, more):
    with pytest.raises(BadRequest, match="must be"):
        asked(wire, **more)


def test_errors_are_a_message():
    one, _ = asked("vertexRerank")
    assert one.error(403, {"error": {"message": "no", "status": "PERMISSION_DENIED"}}) == {"message": "no"}


JSON = st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda one: st.lists(one, max_size=3) | st.dictionaries(
    st.sampled_from(["id", "score", "index", "relevanceScore", "text"]), one, max_size=3))  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(["model", "query", "documents", "top_n"]), JSON),
    st.dictionaries(st.sampled_from(["records", "results"]), JSON),
)
def test_any_body_is_translated_or_refused(body, answer):
    for wire in ("vertexRerank", "bedrockRerank"):
        one = translator("rerank", wire)
        try:
            one.request({**BODY, **body})
        except BadRequest:
            pass
        one.answer(answer)
