"""What a request asks the stand-in to do: trouble, delays, sizes.

By request header, ``x-standin-NAME: VALUE``, or by model name, ``standin-NAME-VALUE`` with more joined by ``+``, for
clients that cannot set headers: ``standin-status-503+html-1``. A header wins over the model name.

=================  ====================================================================================
status             answer with this status and an OpenAI-shaped error (from 400 on)
html               1: the body is an HTML page, with the status asked for
delay-ms           wait so long before the answer's head
chunk-delay-ms     wait so long after each SSE event
chunks             so many words in the answer, one event each when streamed (9)
encoding           gzip, br or zstd
die-after          cut the connection after so many SSE events, or in the middle of a JSON body
error-after        after so many SSE events, send an error event and end the stream
hang               1: never answer
reset              1: cut the connection before any answer
=================  ====================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_IN_MODEL = re.compile(r"([a-z]+(?:-[a-z]+)*)-(\w+)")
MOST_CHUNKS = 100_000


@dataclass(frozen=True, slots=True)
class Controls:
    status: int = 200
    html: bool = False
    delay_s: float = 0.0
    chunk_delay_s: float = 0.0
    chunks: int = 9
    encoding: str = ""
    die_after: int | None = None
    error_after: int | None = None
    hang: bool = False
    reset: bool = False


def read_controls(headers: Mapping[str, str], model: object) -> Controls:
    """``headers`` have lower-case names. Raises ValueError when a figure is not one."""
    asked: dict[str, str] = {}
    if isinstance(model, str) and model.startswith("standin-"):
        for part in model.removeprefix("standin-").split("+"):
            if found := _IN_MODEL.fullmatch(part):
                asked[found[1]] = found[2]
    asked.update({name[10:]: value for name, value in headers.items() if name.startswith("x-standin-")})
    return Controls(
        status=int(asked.get("status", "200")),
        html=asked.get("html", "0") != "0",
        delay_s=float(asked.get("delay-ms", "0")) / 1000,
        chunk_delay_s=float(asked.get("chunk-delay-ms", "0")) / 1000,
        chunks=min(int(asked.get("chunks", "9")), MOST_CHUNKS),
        encoding=asked.get("encoding", ""),
        die_after=int(asked["die-after"]) if "die-after" in asked else None,
        error_after=int(asked["error-after"]) if "error-after" in asked else None,
        hang=asked.get("hang", "0") != "0",
        reset=asked.get("reset", "0") != "0",
    )
