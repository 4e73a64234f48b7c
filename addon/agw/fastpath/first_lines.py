"""The first lines of messages, of which apps and providers write few different ones, are taken apart once.

Reason: a request line goes through a pattern and a dozen comparisons, a status line through a pattern and a number, for
each call anew. Worth: 1 % of a call's time. Leans on: what comes out hanging on the line's bytes alone.

A line that mitmproxy refuses is refused by it each time. One with a query is not kept: it may hold a key.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from mitmproxy.net.http.http1 import read

LEANS_ON = (read._read_request_line, read._read_response_line, read.raise_if_http_version_unknown)

Parse = Callable[[bytes], tuple[Any, ...]]

_MAX_BYTES = 256


def known(original: Parse) -> Parse:
    """What takes the place of ``original``, one of the functions that take a first line apart."""
    parsed = lru_cache(512)(original)

    def parse(line: bytes) -> tuple[Any, ...]:
        if type(line) is not bytes or len(line) > _MAX_BYTES or b"?" in line:
            return original(line)
        return parsed(line)

    return parse
