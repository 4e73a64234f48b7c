"""A collector: spans over gRPC or HTTP, in the dialect of its platform."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agw.config.snapshot import Destination
from agw.destinations.base import Encoded
from agw.destinations.outcome import Outcome, Signal, Transport
from agw.record import CallRecord
from agw.telemetry.encoder import SpanEncoder
from agw.telemetry.export_request import export_request
from agw.telemetry.selection import wanted

_NO_FILE = "a certificate or key file cannot be read"
_FILES = "see OTEL_EXPORTER_OTLP_CERTIFICATE, _CLIENT_CERTIFICATE and _CLIENT_KEY"


@dataclass(frozen=True, slots=True)
class OtlpReceiver:
    settings: Destination

    @property
    def place(self) -> str:
        path = self.settings.path.partition("?")[0] if self.settings.protocol == "http" else ""
        return self.settings.endpoint + path

    @property
    def name(self) -> str:
        # With its place: another collector under the same name has not got what this one has.
        return f"{self.settings.name} {self.place}"

    def wants(self, record: CallRecord) -> bool:
        return wanted(record, self.settings)

    def open(self, environ: Mapping[str, str]) -> OtlpChannel:
        try:
            transport = transport_to(self.settings, environ)
        except OSError as error:
            raise OSError(error.errno, f"{_NO_FILE}: {error.strerror}; {_FILES}") from None
        return OtlpChannel(transport, SpanEncoder(self.settings, environ))


class OtlpChannel:
    max_bytes = 1024 * 1024
    max_items = 64
    """A request of some 200 KB. What is larger is not taken from what the process has at hand but from the system, page
    by page, which takes longer than all else that is done with it."""

    def __init__(self, transport: Transport, encoder: SpanEncoder) -> None:
        self._transport, self._encoder = transport, encoder

    def encode(self, record: CallRecord) -> Encoded:
        span = self._encoder.span(record).SerializeToString()
        return Encoded(span, len(span))

    def send(self, items: Sequence[Any], *, at_most_s: float = math.inf) -> Outcome:
        return self._transport.send(export_request(items, self._encoder.resource), at_most_s=at_most_s)

    def close(self) -> None:
        self._transport.close()


def transport_to(settings: Destination, environ: Mapping[str, str], signal: Signal = Signal.TRACES) -> Transport:
    """Raises OSError for a file that cannot be read, ValueError for a header that cannot be sent."""
    # Imported when needed: the two libraries take a noticeable part of the start.
    if settings.protocol == "http":
        from agw.destinations.http import HttpTransport

        return HttpTransport(settings, environ, signal)
    from agw.destinations.grpc import GrpcTransport

    return GrpcTransport(settings, environ, signal)
