"""Where a destination listens and what is sent along: its URL and its headers, from the file or the environment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from agw.cel import ExpressionError, Variables, compile_expression
from agw.config.reader import At
from agw.config.secret import Secret

_PORTS = {"http": 80, "https": 443, "grpc": 4317}
_HEADER_NAME = re.compile(r"[0-9A-Za-z_.-]+")
_CEL_TEXT = re.compile(r"\"(?:[^\"\\]|\\[\"'\\])*\"|'(?:[^'\\]|\\[\"'\\])*'")

Header = tuple[str, At, str]
"""Name, where it was written, value."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``base`` is ``scheme://host:port`` with scheme ``http`` or ``https``; ``path`` is empty for a bare host."""

    base: str
    host: str
    port: int
    path: str


def endpoint(place: At, url: str, whose: str = "") -> Endpoint | None:
    """The parts of a URL; ``https`` where no scheme is written. Complaints begin with ``whose`` and never repeat it."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "https", url
    scheme = scheme.lower()
    if scheme not in _PORTS:
        shown = scheme if re.fullmatch(r"[a-z]{1,6}", scheme) else "not a scheme"
        place.wrong(f"{whose}unsupported tracing endpoint scheme: {shown}", "write http, https or grpc")
        return None
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not url.isprintable() or " " in url:
        place.wrong(f"{whose}not a tracing endpoint", "write for example http://localhost:4317")
        return None
    if "@" in parts.netloc or parts.query or parts.fragment:
        hint = "credentials go to 'headers'"
        place.wrong(f"{whose}a tracing endpoint is scheme, host, port and path only", hint)
        return None
    host = f"[{host}]" if ":" in host else host
    port = _PORTS[scheme] if port is None else port
    base = f"{'https' if scheme == 'https' else 'http'}://{host}:{port}"
    return Endpoint(base, host, port, parts.path.rstrip("/") and parts.path)


def written(at: At) -> list[Header]:
    """The members of a mapping of headers."""
    return [(name, one, one.header_value() or "") for name, one in at.members()]


def sendable(found: Iterable[Header]) -> tuple[tuple[str, Secret], ...]:
    """Headers that can be sent; of one name in several cases the last one, and one without a value not at all."""
    headers = []
    for name, place, value in {name.lower(): (name, place, value) for name, place, value in found}.values():
        text = plain(place, value)
        if not _HEADER_NAME.fullmatch(name) or not (text.isascii() and text.isprintable()):
            place.wrong("not a header that can be sent", "letters, digits and dashes in names; ASCII in values")
        elif text:
            headers.append((name, Secret(text)))
    return tuple(headers)


def plain(at: At, value: str) -> str:
    """The value as it stands (lenient list of §1.10), or what it says where it begins as an expression does."""
    value = value.strip()
    if _CEL_TEXT.fullmatch(value):
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    if not value.startswith(('"', "'")):
        return value
    try:
        text = compile_expression(value).evaluate(Variables({}))
    except ExpressionError:
        text = None
    if isinstance(text, str):
        return text
    # The complaint of the compiler would show parts of it.
    at.wrong("not an expression that gives a text by itself", "write the value itself")
    return ""
