"""A score as the conventions' event ``gen_ai.evaluation.result``, an OTLP log record below the span it judges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import SEVERITY_NUMBER_INFO, LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

import agw
from agw.scores.score import Score
from agw.telemetry.semconv import SCHEMA_URL

EVENT = "gen_ai.evaluation.result"
_SCOPE = InstrumentationScope(name="agentgateway", version=agw.__version__)
_SAMPLED = 1


def attributes(score: Score) -> Mapping[str, str | float]:
    told = {
        "gen_ai.evaluation.name": score.name,
        "gen_ai.evaluation.score.value": score.value,
        "gen_ai.evaluation.score.label": score.label,
        "gen_ai.evaluation.explanation": score.comment,
        "gen_ai.response.id": score.response_id,
        "agw.score.id": score.id,
        "agw.score.source": score.source,
        **{f"agw.score.metadata.{name}": value for name, value in score.metadata.items()},
    }
    return {name: value for name, value in told.items() if value is not None}


def log_record(score: Score) -> LogRecord:
    record = LogRecord(
        time_unix_nano=score.time_ns,
        observed_time_unix_nano=score.time_ns,
        severity_number=SEVERITY_NUMBER_INFO,
        event_name=EVENT,
        trace_id=bytes.fromhex(score.trace_id),
        span_id=bytes.fromhex(score.span_id),
        flags=_SAMPLED,
    )
    for name, value in attributes(score).items():
        told = AnyValue(double_value=value) if isinstance(value, float) else AnyValue(string_value=value)
        record.attributes.add(key=name, value=told)
    return record


def export_request(scores: Iterable[Score], resource: Resource) -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    resource_logs = request.resource_logs.add(resource=resource)
    scope_logs = resource_logs.scope_logs.add(scope=_SCOPE, schema_url=SCHEMA_URL)
    scope_logs.log_records.extend(log_record(one) for one in scores)
    return request
