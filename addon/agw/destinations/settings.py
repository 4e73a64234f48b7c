"""The exporter's standard variables that are about the connection, for both transports.

(https://opentelemetry.io/docs/specs/otel/protocol/exporter/). Endpoint, headers and protocol are the config's matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_PREFIXES = ("OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_")


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    timeout_s: float = 10.0
    gzip: bool = False
    certificate: str | None = None
    """File with the roots that the collector's certificate is verified against."""
    client_certificate: str | None = None
    client_key: str | None = None

    @classmethod
    def of(cls, environ: Mapping[str, str], *, gzip_by_default: bool) -> ConnectionSettings:
        def value(name: str) -> str | None:
            return next((found for prefix in _PREFIXES if (found := environ.get(prefix + name, "").strip())), None)

        compression = value("COMPRESSION")
        try:
            timeout_s = float(value("TIMEOUT") or 10)
        except ValueError:
            timeout_s = 10.0
        return cls(
            timeout_s=timeout_s if timeout_s > 0 else 10.0,
            gzip=gzip_by_default if compression is None else compression.lower() == "gzip",
            certificate=value("CERTIFICATE"),
            client_certificate=value("CLIENT_CERTIFICATE"),
            client_key=value("CLIENT_KEY"),
        )


def read(path: str | None) -> bytes | None:
    return None if path is None else Path(path).read_bytes()
