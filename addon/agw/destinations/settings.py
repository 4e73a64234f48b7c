"""The exporter's standard variables that are about the connection, for both transports.

(https://opentelemetry.io/docs/specs/otel/protocol/exporter/). Endpoint, headers and protocol are the config's matter.
"""

from __future__ import annotations

import ipaddress
import math
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agw.config.snapshot import Destination

_PREFIXES = ("OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_")
_DEFAULT_TIMEOUT_S, _MAX_TIMEOUT_S = 10.0, 600.0
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]*")
_SYSTEM_ROOTS = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    timeout_s: float = _DEFAULT_TIMEOUT_S
    gzip: bool = False
    certificate: str | None = None
    """File with the roots that the collector's certificate is verified against."""
    client_certificate: str | None = None
    client_key: str | None = None

    @classmethod
    def of(cls, environ: Mapping[str, str], *, gzip_by_default: bool) -> ConnectionSettings:
        """The variables for traces come before the ones for all signals. An unknown compression is the default."""

        def value(name: str) -> str | None:
            return next((found for prefix in _PREFIXES if (found := environ.get(prefix + name, "").strip())), None)

        return cls(
            timeout_s=_timeout_s(value("TIMEOUT")),
            gzip={"gzip": True, "none": False}.get((value("COMPRESSION") or "").lower(), gzip_by_default),
            certificate=value("CERTIFICATE"),
            client_certificate=value("CLIENT_CERTIFICATE"),
            client_key=value("CLIENT_KEY"),
        )

    @property
    def roots(self) -> str | None:
        """The file of roots to trust: the configured one, else the system's; None where neither is there."""
        if self.certificate is not None:
            return self.certificate
        found = ssl.get_default_verify_paths().cafile
        return found or next((file for file in _SYSTEM_ROOTS if Path(file).is_file()), None)


def read(path: str | None) -> bytes | None:
    """Raises OSError."""
    return None if path is None else Path(path).read_bytes()


def headers_of(destination: Destination) -> list[tuple[str, str]]:
    """The configured headers in the clear. Raises ValueError for one that neither transport can send.

    The libraries raise for such a header too, with the header in the text.
    """
    headers = [(name.strip(), secret.reveal().strip()) for name, secret in destination.headers]
    if not all(_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value) for name, value in headers):
        raise ValueError("a header of config.tracing.headers is not valid")
    return headers


def place_of(destination: Destination) -> str:
    """Where the config speaks of it."""
    return "config.tracing" if destination.name == "tracing" else f"config.destinations.{destination.name}"


def is_local(host: str | None) -> bool:
    """Whether a host is this machine: its traffic never goes through a proxy, whatever the environment says."""
    if host is None or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _timeout_s(text: str | None) -> float:
    """The specification means milliseconds, some SDKs read seconds; nobody means less than 100 milliseconds."""
    try:
        number = float(text or "")
    except ValueError:
        return _DEFAULT_TIMEOUT_S
    if not math.isfinite(number) or number <= 0:
        return _DEFAULT_TIMEOUT_S
    return min(number / 1000 if number >= 100 else number, _MAX_TIMEOUT_S)
