"""OTLP over HTTP, protobuf in the body."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from urllib.request import getproxies

import requests
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from agw.config.snapshot import Tracing
from agw.destinations.outcome import Kind, Outcome, taken
from agw.destinations.settings import ConnectionSettings

_RETRY = (408, 429, 500, 502, 503, 504)


class HttpTransport:
    """Posts to exactly the configured URL. Redirects are not followed: the headers hold credentials."""

    def __init__(self, tracing: Tracing, environ: Mapping[str, str]) -> None:
        self._settings = ConnectionSettings.of(environ, gzip_by_default=True)
        self._url = tracing.endpoint + tracing.path
        self._session = requests.Session()
        # No .netrc; and no proxy for a collector on this machine.
        local = urlsplit(self._url).hostname in ("localhost", "127.0.0.1", "::1")
        self._session.trust_env = False
        if not local:
            self._session.proxies.update(getproxies())
        self._session.verify = self._settings.certificate or True
        if self._settings.client_certificate and self._settings.client_key:
            self._session.cert = (self._settings.client_certificate, self._settings.client_key)
        self._session.headers["Content-Type"] = "application/x-protobuf"
        if self._settings.gzip:
            self._session.headers["Content-Encoding"] = "gzip"
        for name, secret in tracing.headers:
            self._session.headers[name] = secret.reveal()

    def send(self, request: ExportTraceServiceRequest) -> Outcome:
        body = request.SerializeToString()
        try:
            answer = self._session.post(
                self._url,
                data=gzip.compress(body, 1) if self._settings.gzip else body,
                timeout=self._settings.timeout_s,
                allow_redirects=False,
            )
        except requests.exceptions.SSLError:
            return Outcome(Kind.RETRY, "TLS failed: is the certificate one that this machine trusts?")
        except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL):
            return Outcome(Kind.REFUSED, "a configured header or the URL is not valid")
        except requests.exceptions.RequestException as error:
            # Its text may hold the whole request; its kind says enough.
            return Outcome(Kind.RETRY, type(error).__name__)
        return _outcome(answer)

    def close(self) -> None:
        self._session.close()


def _outcome(answer: requests.Response) -> Outcome:
    status = answer.status_code
    if 200 <= status < 300:
        response = ExportTraceServiceResponse()
        try:
            response.ParseFromString(answer.content)
        except DecodeError:
            return Outcome(Kind.OK)
        return taken(response)
    if status == 413:
        return Outcome(Kind.TOO_LARGE, "413")
    if status in _RETRY:
        return Outcome(Kind.RETRY, f"HTTP {status}", _retry_after_s(answer.headers.get("Retry-After")))
    hint = {401: ": are the headers right?", 403: ": are the headers right?", 404: ": is the path right?"}
    return Outcome(Kind.REFUSED, f"HTTP {status}{hint.get(status, '')}")


def _retry_after_s(value: str | None) -> float | None:
    """Seconds, or an HTTP date."""
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        from datetime import UTC, datetime

        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
