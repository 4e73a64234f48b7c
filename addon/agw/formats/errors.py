"""The gateway's own errors in the shape that the client's SDK reads.

OpenAI: ``{"error": {"message", "type", "param", "code"}}``; Anthropic: ``{"type": "error", "error": {"type",
"message"}}``; Google: ``{"error": {"code", "message", "status"}}`` (each API's reference, "Errors"). The SDKs choose
their exception class by status, and show the message.
"""

from __future__ import annotations

import json

from agw.errors import AnswerError

_ANTHROPIC = ("messages", "anthropicTokenCount")
_GOOGLE = ("generateContent", "geminiCountTokens")
_GOOGLE_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    415: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_ANTHROPIC_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
}


def error_body(error: AnswerError, api_type: str) -> bytes:
    """The JSON body for an error that the gateway answers itself; ``api_type`` is the client's."""
    if api_type in _ANTHROPIC:
        body: dict[str, object] = {
            "type": "error",
            "error": {"type": _ANTHROPIC_TYPES.get(error.status, "api_error"), "message": error.message},
        }
    elif api_type in _GOOGLE:
        status = _GOOGLE_STATUSES.get(error.status, "INTERNAL")
        body = {"error": {"code": error.status, "message": error.message, "status": status}}
    else:
        kind = "invalid_request_error" if error.status < 500 else "server_error"
        body = {"error": {"message": error.message, "type": kind, "param": None, "code": error.code}}
    return json.dumps(body, ensure_ascii=False).encode()
