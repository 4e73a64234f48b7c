"""A score in each platform's own words."""

from __future__ import annotations

import uuid

import pytest

from agw.config.snapshot import Destination
from agw.scores.log_event import EVENT, export_request
from agw.scores.platforms import score_request
from agw.scores.score import read
from agw.telemetry.dialects import DIALECTS
from agw.telemetry.dialects.helicone import log_of
from agw.telemetry.otlp import span_of
from agw.telemetry.resource import resource_of
from support.configs import snapshot
from support.otlp_receiver import attributes_of
from support.records import SPAN_ID, TRACE_ID, attributed_record

NUMBER = read(
    {"name": "helpful", "value": 0.5, "label": "good", "comment": "nice", "trace_id": TRACE_ID, "span_id": SPAN_ID}, 7
)
LABEL = read({"name": "tone", "label": "kind", "trace_id": TRACE_ID, "span_id": SPAN_ID, "source": "model"}, 7)
YES = read({"name": "right", "value": True, "trace_id": TRACE_ID, "span_id": SPAN_ID, "source": "code"}, 7)


def at(endpoint: str, more: str = "") -> Destination:
    (found,) = snapshot(
        f"config: {{destinations: [{{name: a, endpoint: '{endpoint}' {more}}}]}}\nllm: {{models: []}}"
    ).destinations
    return found


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("https://cloud.langfuse.com", "https://cloud.langfuse.com:443/api/public/scores"),
        ("http://a.b/lf/api/public/otel", "http://a.b:80/lf/api/public/scores"),
        ("https://api.smith.langchain.com", "https://api.smith.langchain.com:443/api/v1/feedback"),
        ("https://a.b/api/v1/otel", "https://a.b:443/api/v1/feedback"),
        ("http://localhost:6006", "http://localhost:6006/v1/span_annotations"),
        ("http://phoenix:4317", "http://phoenix:6006/v1/span_annotations"),
    ],
)
def test_each_platforms_endpoint_is_found_from_the_one_for_spans(endpoint, url):
    request = score_request(NUMBER, at(endpoint))
    assert request is not None
    assert request.url == url


@pytest.mark.parametrize("platform", ["langfuse", "langsmith", "phoenix", "helicone"])
def test_an_api_elsewhere_is_used_where_the_config_names_it(platform):
    for written, url in (("'https://c.d/x/'", "https://c.d:443/x/"), ("''", "http://a.b:1/")):
        request = score_request(
            NUMBER, at("http://a.b:1", f", platform: {platform}, protocol: http, apiEndpoint: {written}")
        )
        assert request is not None
        assert request.url.startswith(url)


def test_langfuse_names_the_observation_and_the_kind_of_value():
    numbers, label, yes = (score_request(one, at("https://cloud.langfuse.com")) for one in (NUMBER, LABEL, YES))
    assert numbers and label and yes
    assert numbers.json == {
        "id": NUMBER.id,
        "name": "helpful",
        "traceId": TRACE_ID,
        "observationId": SPAN_ID,
        "value": 0.5,
        "dataType": "NUMERIC",
        "comment": "nice",
        "metadata": {"source": "human", "label": "good"},
    }
    assert (label.json["value"], label.json["dataType"]) == ("kind", "CATEGORICAL")
    assert (yes.json["value"], yes.json["dataType"]) == (1.0, "BOOLEAN")


def test_langsmith_is_told_the_run_that_the_span_became():
    request = score_request(NUMBER, at("https://api.smith.langchain.com"))
    assert request is not None
    run = span_of(attributed_record(), DIALECTS["langsmith"]).trace_id.hex()
    assert request.json["run_id"] == request.json["trace_id"] == str(uuid.UUID(run))
    assert (request.json["key"], request.json["score"], request.json["value"]) == ("helpful", 0.5, "good")
    child = score_request(NUMBER, at("https://api.smith.langchain.com", ", root: false"))
    assert child is not None
    assert child.json["run_id"] == f"00000000-0000-0000-{SPAN_ID[:4]}-{SPAN_ID[4:]}"
    assert child.json["trace_id"] == str(uuid.UUID(TRACE_ID))


def test_phoenix_is_told_an_annotation_of_the_span():
    request = score_request(LABEL, at("http://localhost:6006"))
    assert request is not None
    (annotation,) = request.json["data"]
    assert (annotation["span_id"], annotation["name"], annotation["annotator_kind"]) == (SPAN_ID, "tone", "LLM")
    assert (annotation["result"], annotation["identifier"]) == ({"label": "kind"}, LABEL.id)


def test_helicone_takes_numbers_and_booleans_for_the_request_that_was_logged():
    to = at("https://api.worker.helicone.ai", ", platform: helicone")
    request_id = log_of(attributed_record()).headers["Helicone-Request-Id"]
    for score, value in ((NUMBER, 0.5), (YES, True)):
        request = score_request(score, to)
        assert request is not None
        assert request.url == f"https://api.helicone.ai:443/v1/request/{request_id}/score"
        assert request.json == {"scores": {score.name: value}}
    assert score_request(LABEL, to) is None


def test_a_collector_has_no_api_for_scores_and_gets_the_conventions_event():
    assert score_request(NUMBER, at("http://localhost:4317")) is None
    request = export_request([NUMBER], resource_of({}))
    (record,) = request.resource_logs[0].scope_logs[0].log_records
    assert (record.event_name, record.trace_id.hex(), record.span_id.hex()) == (EVENT, TRACE_ID, SPAN_ID)
    assert attributes_of(record) == {
        "gen_ai.evaluation.name": "helpful",
        "gen_ai.evaluation.score.value": 0.5,
        "gen_ai.evaluation.score.label": "good",
        "gen_ai.evaluation.explanation": "nice",
        "agw.score.id": NUMBER.id,
        "agw.score.source": "human",
    }
