"""One platform's way for a score: its own API, or a collector's place for log events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from agw.config.platform import Platform
from agw.config.snapshot import Destination
from agw.destinations.otlp import transport_to
from agw.destinations.outcome import Kind, Outcome, Signal, Transport
from agw.scores.log_event import export_request
from agw.scores.platforms import score_request
from agw.scores.score import Score
from agw.telemetry.resource import resource_of

_COLLECTORS = (Platform.OTEL, Platform.SUPERSET)
_TRACES, _LOGS = "/v1/traces", "/v1/logs"


class ScoreChannel(Protocol):
    def send(self, score: Score) -> Outcome:
        """Blocks. OK also for a score that the platform has already, or that it cannot hold."""

    def close(self) -> None: ...


def open_channel(destination: Destination, environ: Mapping[str, str]) -> ScoreChannel:
    """Raises OSError where a file cannot be read, ValueError for a header that cannot be sent."""
    if destination.platform in _COLLECTORS:
        transport = _logs_transport(destination, environ)
        return CollectorScores(transport, resource_of(environ, dict(destination.resource)))
    return PlatformScores(destination, environ)


class PlatformScores:
    def __init__(self, destination: Destination, environ: Mapping[str, str]) -> None:
        # Imported when needed, as the transports of a collector are.
        from agw.destinations.post import Poster

        self._destination = destination
        self._poster = Poster(destination, environ, compress=False)

    def send(self, score: Score) -> Outcome:
        request = score_request(score, self._destination)
        if request is None:
            return Outcome(Kind.OK)
        body = json.dumps(request.json).encode()
        answer = self._poster.post(request.url, body, {"Content-Type": "application/json"})
        if isinstance(answer, Outcome):
            return answer
        if answer.status in request.taken_already:
            return Outcome(Kind.OK)
        if answer.status in request.too_early:
            return Outcome(Kind.RETRY, "the call is not known there yet")
        return self._poster.outcome(answer)

    def close(self) -> None:
        self._poster.close()


class CollectorScores:
    def __init__(self, transport: Transport, resource: Resource) -> None:
        self._transport, self._resource = transport, resource

    def send(self, score: Score) -> Outcome:
        return self._transport.send(export_request([score], self._resource).SerializeToString())

    def close(self) -> None:
        self._transport.close()


def _logs_transport(destination: Destination, environ: Mapping[str, str]) -> Transport:
    head, found, tail = destination.path.rpartition(_TRACES)
    return transport_to(replace(destination, path=f"{head}{_LOGS}{tail}" if found else _LOGS), environ, Signal.LOGS)
