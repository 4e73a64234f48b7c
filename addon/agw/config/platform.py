"""The platforms that records go to, and what is plain about each from the address people write."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Platform(StrEnum):
    OTEL = "otel"
    LANGFUSE = "langfuse"
    LANGSMITH = "langsmith"
    PHOENIX = "phoenix"
    HELICONE = "helicone"
    SUPERSET = "superset"
    """Reads right in Langfuse, LangSmith and Phoenix, behind a collector that feeds them."""


TRACES = "/v1/traces"


@dataclass(frozen=True, slots=True)
class Address:
    """How a platform is reached where the file says no more than its host."""

    protocol: str
    """``http`` or ``grpc``."""
    otlp: str = ""
    """The path above ``/v1/traces``."""
    prefixes: tuple[str, ...] = ("",)
    """Documented base paths of the whole platform, above ``otlp``."""
    only_http: bool = True


ADDRESSES = {
    Platform.LANGFUSE: Address("http", "/api/public/otel"),
    Platform.LANGSMITH: Address("http", "/otel", ("", "/api/v1")),
    Platform.PHOENIX: Address("grpc", only_http=False),
    Platform.HELICONE: Address("http"),
}
"""Of the others, nothing is plain: gRPC unless the file says otherwise, and the path as written."""
_PHOENIX_HTTP_PORT = 6006


def platform_of(host: str, port: int, path: str) -> Platform:
    """The platform of an endpoint where it is plain, else SUPERSET. ``host`` in lower case."""
    if host.endswith(".langfuse.com") or "/api/public/otel" in path:
        return Platform.LANGFUSE
    if host.endswith(".smith.langchain.com") or path.startswith("/api/v1/otel"):
        return Platform.LANGSMITH
    if port == _PHOENIX_HTTP_PORT or host == "phoenix" or host.endswith("phoenix.arize.com"):
        return Platform.PHOENIX
    if host.endswith(".helicone.ai"):
        return Platform.HELICONE
    return Platform.SUPERSET


def protocol_of(platform: Platform, port: int) -> str:
    """The protocol where the file names none."""
    if platform is Platform.PHOENIX:
        return "http" if port == _PHOENIX_HTTP_PORT else "grpc"
    address = ADDRESSES.get(platform)
    return address.protocol if address else "grpc"


def full_path(platform: Platform, path: str) -> str | None:
    """The path to post to, where ``path`` is a documented base URL's; None: it is to be taken as it is."""
    address = ADDRESSES.get(platform)
    if address is None or not address.otlp:
        return None
    bare = path.rstrip("/")
    if bare in address.prefixes:
        return bare + address.otlp + TRACES
    return bare + TRACES if bare.endswith(address.otlp) else None
