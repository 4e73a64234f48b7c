"""OTLP over HTTP, protobuf in the body."""

from __future__ import annotations

import gzip
import math
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import requests
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceResponse,
)
from requests.utils import get_environ_proxies

import agw
from agw.config.snapshot import Destination
from agw.destinations.outcome import Hide, Kind, Outcome, taken
from agw.destinations.settings import ConnectionSettings, headers_of, is_local
from agw.retry_after import retry_after_s

_REFUSED = (400, 422)
"""These are about what was sent. All others are about the receiver, the way to it or the config: what waits is kept
until that is put right, which the OTLP specification, written for senders without a journal, gives up for some."""
_PROTOBUF = "application/x-protobuf"
_MAX_ANSWER = 64 * 1024
_HINTS = {
    401: "are config.tracing.headers right?",
    403: "are config.tracing.headers right?",
    404: "is config.tracing.path right?",
    405: "is config.tracing.path right?",
}
_INVALID = (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, UnicodeError)


class HttpTransport:
    """Posts to exactly the configured URL. Raises OSError when a certificate file is not there, ValueError for a header
    that cannot be sent.

    Redirects are not followed, because the headers hold credentials. The environment's proxies are used (and its
    ``NO_PROXY``), except for a collector on this machine; ``.netrc`` is never read.
    """

    def __init__(self, destination: Destination, environ: Mapping[str, str]) -> None:
        self._settings = settings = ConnectionSettings.of(environ, gzip_by_default=True)
        self._url = destination.endpoint + destination.path
        configured = headers_of(destination)
        self._hide = Hide([value for _, value in configured])
        url = urlsplit(self._url)
        self._netloc = url.netloc
        self._port_hint = " (4317 is mostly OTLP over gRPC: otlpProtocol: grpc)" if url.port == 4317 else ""
        self._session = requests.Session()
        self._session.trust_env = False
        if not is_local(url.hostname):
            self._session.proxies.update(get_environ_proxies(self._url))
        for file in (settings.certificate, settings.client_certificate, settings.client_key):
            if file is not None:
                Path(file).open("rb").close()
        self._session.verify = settings.roots or True
        if settings.client_certificate and settings.client_key:
            self._session.cert = (settings.client_certificate, settings.client_key)
        elif settings.client_certificate:
            self._session.cert = settings.client_certificate
        headers = self._session.headers
        headers["User-Agent"] = f"agentgateway/{agw.__version__}"
        headers.update(configured)
        headers["Content-Type"] = _PROTOBUF
        if settings.gzip:
            headers["Content-Encoding"] = "gzip"

    def send(self, request: Message, *, at_most_s: float = math.inf) -> Outcome:
        timeout_s = max(0.01, min(self._settings.timeout_s, at_most_s))
        body = request.SerializeToString()
        try:
            with self._session.post(
                self._url,
                data=gzip.compress(body, 1) if self._settings.gzip else body,
                timeout=timeout_s,
                allow_redirects=False,
                stream=True,
            ) as answer:
                return self._answered(answer, answer.raw.read(_MAX_ANSWER, decode_content=True))
        except requests.exceptions.SSLError:
            return Outcome(
                Kind.RETRY,
                "TLS failed; is the collector's certificate trusted here or by OTEL_EXPORTER_OTLP_CERTIFICATE?",
            )
        except _INVALID:
            return Outcome(Kind.RETRY, "the endpoint is not valid")
        except requests.exceptions.RequestException as error:
            # Its text may hold the URL with all that it carries; its kind says enough.
            hint = f"is a collector listening at {self._netloc}?{self._port_hint}"
            return Outcome(Kind.RETRY, f"{type(error).__name__}; {hint}")
        except Exception as error:
            # The answer broke off while it was read: whether it was taken is not known.
            return Outcome(Kind.RETRY, type(error).__name__)

    def close(self) -> None:
        self._session.close()

    def _answered(self, answer: requests.Response, body: bytes) -> Outcome:
        status = answer.status_code
        if 200 <= status < 300:
            response = ExportTraceServiceResponse()
            if answer.headers.get("Content-Type", "").startswith(_PROTOBUF):
                try:
                    response.ParseFromString(body)
                except DecodeError:
                    response.Clear()
            return taken(response, self._hide)
        if status == 413:
            return Outcome(Kind.TOO_LARGE, "HTTP 413")
        hint = _HINTS.get(status) or ("redirects are not followed" if 300 <= status < 400 else "")
        kind = Kind.REFUSED if status in _REFUSED else Kind.RETRY
        told = f"HTTP {status}; {hint}" if hint else f"HTTP {status}"
        return Outcome(kind, told, retry_after_s(answer.headers.get("Retry-After")))
