"""Google's errors: ``{"error": {"code", "message", "status"}}`` (https://cloud.google.com/apis/design/errors)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.formats.fields import MAX_TEXT
from agw.translate import failures, reading
from agw.translate.neutral import Failure, Trouble

_KINDS = {
    "INVALID_ARGUMENT": Trouble.INVALID,
    "FAILED_PRECONDITION": Trouble.INVALID,
    "OUT_OF_RANGE": Trouble.INVALID,
    "UNAUTHENTICATED": Trouble.AUTHENTICATION,
    "PERMISSION_DENIED": Trouble.PERMISSION,
    "NOT_FOUND": Trouble.NOT_FOUND,
    "RESOURCE_EXHAUSTED": Trouble.RATE_LIMIT,
    "UNAVAILABLE": Trouble.OVERLOADED,
    "DEADLINE_EXCEEDED": Trouble.TIMEOUT,
    "INTERNAL": Trouble.SERVER,
    "UNKNOWN": Trouble.SERVER,
}
_WORDS = {
    Trouble.INVALID: "INVALID_ARGUMENT",
    Trouble.TOO_LARGE: "INVALID_ARGUMENT",
    Trouble.AUTHENTICATION: "UNAUTHENTICATED",
    Trouble.PERMISSION: "PERMISSION_DENIED",
    Trouble.NOT_FOUND: "NOT_FOUND",
    Trouble.RATE_LIMIT: "RESOURCE_EXHAUSTED",
    Trouble.OVERLOADED: "UNAVAILABLE",
    Trouble.TIMEOUT: "DEADLINE_EXCEEDED",
    Trouble.SERVER: "INTERNAL",
}


def read_error(status: int | None, body: Mapping[str, Any] | None) -> Failure:
    """By Google's own word; a key that is not valid comes as INVALID_ARGUMENT and is told by its detail."""
    error = reading.mapping(body, "error")
    word = reading.string(error, "status") or ""
    code = reading.integer(error, "code")
    reasons = {reading.string(one, "reason") for one in reading.objects(error, "details")}
    known = failures.read_error(status if status is not None else code, body)
    kind = Trouble.AUTHENTICATION if "API_KEY_INVALID" in reasons else _KINDS.get(word, known.kind)
    message = reading.string(error, "message")
    return Failure(
        status=known.status,
        kind=kind,
        message=message[:MAX_TEXT] if message else known.message,
        code=word[:100] or known.code,
    )


def write_error(failure: Failure) -> dict[str, Any]:
    status = failure.code if failure.code in _KINDS else _WORDS[failure.kind]
    return {"error": {"code": failure.status, "message": failure.message, "status": status}}
