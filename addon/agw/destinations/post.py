"""POSTs to one receiver over HTTP, whatever is in them."""

from __future__ import annotations

import gzip
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies

import agw
from agw.config.snapshot import Destination
from agw.destinations.outcome import Hide, Kind, Outcome
from agw.destinations.settings import ConnectionSettings, headers_of, is_local, place_of
from agw.retry_after import retry_after_s

_REFUSED = (400, 422)
"""These are about what was sent. All others are about the receiver, the way to it or the config: what waits is kept
until that is put right, which the OTLP specification, written for senders without a journal, gives up for some."""
_MAX_ANSWER = 64 * 1024
_INVALID = (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, UnicodeError)


@dataclass(frozen=True, slots=True)
class Answer:
    """``body`` up to a bound; header names in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Poster:
    """Raises OSError when a certificate file is not there, ValueError for a header that cannot be sent.

    Redirects are not followed, because the headers hold credentials. The environment's proxies are used (and its
    ``NO_PROXY``), except for a receiver on this machine; ``.netrc`` is never read. ``compress`` None: as the
    environment says, else gzip.
    """

    def __init__(self, destination: Destination, environ: Mapping[str, str], *, compress: bool | None = None) -> None:
        self._settings = settings = ConnectionSettings.of(environ, gzip_by_default=True)
        self._gzip = settings.gzip if compress is None else compress
        configured = headers_of(destination)
        self.hide = Hide([value for _, value in configured])
        url = urlsplit(destination.endpoint)
        self._netloc = url.netloc
        self._port_hint = " (4317 is mostly OTLP over gRPC: otlpProtocol: grpc)" if url.port == 4317 else ""
        where = place_of(destination)
        self._hints = {
            **dict.fromkeys((401, 403), f"are {where}.headers right?"),
            **dict.fromkeys((404, 405), f"is {where}.path right?"),
        }
        self._session = requests.Session()
        self._session.trust_env = False
        if not is_local(url.hostname):
            self._session.proxies.update(get_environ_proxies(destination.endpoint))
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
        if self._gzip:
            headers["Content-Encoding"] = "gzip"

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, at_most_s: float = math.inf
    ) -> Answer | Outcome:
        """The receiver's answer, whatever its status, or why none came. Never raises."""
        try:
            with self._session.post(
                url,
                data=gzip.compress(body, 1) if self._gzip else body,
                headers=dict(headers),
                timeout=max(0.01, min(self._settings.timeout_s, at_most_s)),
                allow_redirects=False,
                stream=True,
            ) as answer:
                read = answer.raw.read(_MAX_ANSWER, decode_content=True)
                return Answer(answer.status_code, answer.headers, read)
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

    def outcome(self, answer: Answer) -> Outcome:
        """Of an answer by its status alone."""
        status = answer.status
        if 200 <= status < 300:
            return Outcome(Kind.OK)
        if status == 413:
            return Outcome(Kind.TOO_LARGE, "HTTP 413")
        hint = self._hints.get(status) or ("redirects are not followed" if 300 <= status < 400 else "")
        kind = Kind.REFUSED if status in _REFUSED else Kind.FAULT if status == 500 else Kind.RETRY
        told = f"HTTP {status}; {hint}" if hint else f"HTTP {status}"
        return Outcome(kind, told, retry_after_s(answer.headers.get("Retry-After")))

    def close(self) -> None:
        self._session.close()
