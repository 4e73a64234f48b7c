"""What an answer is before it is HTTP, and the pieces that all answers share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

_WORDS = ["The", "gateway", "sees", "every", "call", "and", "lets", "it", "pass", "unchanged", "to", "its", "end", "."]
CREATED_S = 1_700_000_000
INPUT_TOKENS = 12
CACHED_TOKENS = 4
REASONING_TOKENS = 2


@dataclass(frozen=True, slots=True)
class Reply:
    """One JSON value, or SSE events; ``failure`` is the event that ends the stream when it is to fail midway."""

    value: Any = None
    status: int = 200
    events: list[bytes] | None = None
    failure: bytes = b""


class Refused(Exception):
    """The request cannot be served: an OpenAI-shaped error with its status."""

    def __init__(self, status: int, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.value = error(status, message, param, code)


def error(status: int, message: str, param: str | None = None, code: str | None = None) -> Json:
    kind = "server_error" if status >= 500 else "requests" if status == 429 else "invalid_request_error"
    if status == 429 and code is None:
        code = "rate_limit_exceeded"
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def words(count: int) -> list[str]:
    return (_WORDS * (count // len(_WORDS) + 1))[:count]


def answering_model(body: Json) -> str:
    """The dated name that real providers answer with when asked for an alias."""
    model = str(body["model"])
    return model if model.startswith("standin-") else f"{model}-2024-07-18"


def reasoning_of(output_tokens: int) -> int:
    return min(REASONING_TOKENS, output_tokens)
