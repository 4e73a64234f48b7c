"""Where a message of HTTP/1.1 ends, by one walk over its headers; what could be doubted is left to the slower ways.

The walk stands for several of mitmproxy's, each of which looks for headers by name: its check of all names and lengths,
the size of the body, whether the connection ends with the message, whether it changes into something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-zA-Z]+")
_ORDINARY, _LENGTH, _CONNECTION, _CREDENTIAL, _ODD = range(5)
_KINDS_BY_NAME = {
    b"content-length": _LENGTH,
    b"connection": _CONNECTION,
    b"authorization": _CREDENTIAL,
    b"proxy-authorization": _CREDENTIAL,
    **dict.fromkeys((b"transfer-encoding", b"expect", b"upgrade", b"keep-alive", b"trailer"), _ODD),
}
_kinds: dict[bytes, int] = {}
"""By the name as it is written: apps and providers write the same ones each time."""
_MAX_KINDS, _MAX_NAME_BYTES, _MAX_DIGITS = 1024, 64, 18
_BOUND_TO_CONNECTION = (b"ntlm", b"negotiate")

NOT_TOLD = -1


def plain_length(fields: Iterable[tuple[bytes, bytes]]) -> int | None:
    """Bytes of the body; NOT_TOLD where no header says it. None for headers that say anything else of the message's
    framing or of the connection, or that are not well formed."""
    length = NOT_TOLD
    for name, value in fields:
        kind = _kinds.get(name)
        if kind is None:
            kind = _kind(name)
        if kind == _ORDINARY:
            continue
        if kind == _LENGTH:
            if length != NOT_TOLD or len(value) > _MAX_DIGITS or not value.isdigit():
                return None
            length = int(value)
            if value != b"%d" % length:
                return None
        elif kind == _CONNECTION:
            if value.lower() != b"keep-alive":
                return None
        elif kind == _ODD or is_bound_to_connection(value):
            return None
    return length


def is_bound_to_connection(credential: bytes) -> bool:
    """Whether it authenticates the connection and not the request."""
    return credential.lower().lstrip().startswith(_BOUND_TO_CONNECTION)


def _kind(name: bytes) -> int:
    kind = _ODD if _TOKEN.fullmatch(name) is None else _KINDS_BY_NAME.get(name.lower(), _ORDINARY)
    if len(_kinds) < _MAX_KINDS and len(name) <= _MAX_NAME_BYTES:
        _kinds[name] = kind
    return kind
