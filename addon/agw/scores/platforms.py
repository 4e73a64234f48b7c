"""A score as a request to a platform's own API (platforms.md §2). Sent twice, it counts once:

=========  ==============================================  ==========================================
platform   endpoint, below the platform's own base         why a repetition does no harm
=========  ==============================================  ==========================================
Langfuse   ``POST /api/public/scores``                     ``id`` is an idempotency key
LangSmith  ``POST /api/v1/feedback``                       ``id``; a second one is answered 409
Phoenix    ``POST /v1/span_annotations``                   name, span and ``identifier`` are unique
Helicone   ``POST /v1/request/{id}/score``                 a score of the same name is written over
=========  ==============================================  ==========================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agw.config.platform import Platform
from agw.config.snapshot import Destination
from agw.scores.score import Score
from agw.telemetry.ids import call_uuid, child_uuid, root_uuid

_PHOENIX_HTTP_PORT = 6006
_KINDS = {"human": "HUMAN", "model": "LLM", "code": "CODE"}


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """A POST of ``json``, with the destination's own headers beside it."""

    url: str
    json: dict[str, Any]
    taken_already: tuple[int, ...] = ()
    """Statuses that say the platform has this very score."""
    too_early: tuple[int, ...] = ()
    """Statuses that say the call itself has not arrived there yet."""


def score_request(score: Score, destination: Destination) -> ScoreRequest | None:
    """None for a platform without an API of its own for scores, and for a score that it cannot hold."""
    make = _MAKERS.get(destination.platform)
    return None if make is None else make(score, destination)


def _langfuse(score: Score, destination: Destination) -> ScoreRequest:
    body: dict[str, Any] = {
        "id": score.id,
        "name": score.name,
        "traceId": score.trace_id,
        "observationId": score.span_id,
        "value": score.label if score.value is None else score.value,
        "dataType": "CATEGORICAL" if score.value is None else "BOOLEAN" if score.is_bool else "NUMERIC",
        "comment": score.comment,
        "metadata": {**score.metadata, "source": score.source, **({"label": score.label} if score.label else {})},
    }
    return ScoreRequest(_base(destination, "/api/public/otel") + "/api/public/scores", _known(body))


def _langsmith(score: Score, destination: Destination) -> ScoreRequest:
    root = destination.root is not False
    run_id = root_uuid(score.trace_id, score.span_id) if root else child_uuid(score.span_id)
    body: dict[str, Any] = {
        "id": score.id,
        "run_id": run_id,
        "trace_id": run_id if root else child_uuid(score.trace_id),
        "key": score.name,
        "score": score.value,
        "value": score.label,
        "comment": score.comment,
        "feedback_source": {"type": "api", "metadata": {**score.metadata, "source": score.source}},
    }
    base = _base(destination, "/otel").removesuffix("/api/v1")
    return ScoreRequest(base + "/api/v1/feedback", _known(body), taken_already=(409,), too_early=(404,))


def _phoenix(score: Score, destination: Destination) -> ScoreRequest:
    annotation = {
        "span_id": score.span_id,
        "name": score.name,
        "annotator_kind": _KINDS[score.source],
        "result": _known({"score": score.value, "label": score.label, "explanation": score.comment}),
        "metadata": dict(score.metadata),
        "identifier": score.id,
    }
    base = _base(destination, "/v1/traces")
    if destination.protocol == "grpc" and destination.api is None:
        # Its gRPC port takes spans only.
        scheme, _, rest = destination.endpoint.partition("://")
        base = f"{scheme}://{rest.rpartition(':')[0]}:{_PHOENIX_HTTP_PORT}"
    return ScoreRequest(base + "/v1/span_annotations", {"data": [annotation]}, too_early=(404,))


def _helicone(score: Score, destination: Destination) -> ScoreRequest | None:
    """Numbers and booleans only."""
    if score.value is None:
        return None
    value = bool(score.value) if score.is_bool else int(score.value) if score.value.is_integer() else score.value
    # The log has a host of its own, the API another one.
    base = destination.api or destination.endpoint.replace("://api.worker.helicone.ai", "://api.helicone.ai")
    request_id = call_uuid(score.trace_id, score.span_id)
    return ScoreRequest(f"{base}/v1/request/{request_id}/score", {"scores": {score.name: value}}, too_early=(404,))


_MAKERS: dict[Platform, Callable[[Score, Destination], ScoreRequest | None]] = {
    Platform.LANGFUSE: _langfuse,
    Platform.LANGSMITH: _langsmith,
    Platform.PHOENIX: _phoenix,
    Platform.HELICONE: _helicone,
}


def _base(destination: Destination, marker: str) -> str:
    """The platform's URL above its path for spans: installations may live below a prefix."""
    if destination.api is not None:
        return destination.api
    prefix, found, _ = destination.path.partition(marker)
    return destination.endpoint + (prefix if found else "")


def _known(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}
