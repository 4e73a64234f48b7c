"""The gateway's own errors in the shape that the client's SDK reads.

OpenAI: ``{"error": {"message", "type", "param", "code"}}``; Anthropic: ``{"type": "error", "error": {"type",
"message"}}`` (each API's reference, "Errors"). The SDKs choose their exception class by status, and show the message.
"""

from __future__ import annotations

import json

from agw.errors import AnswerError

_ANTHROPIC_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
}


def speaks_anthropic(path: str, has_anthropic_version: bool) -> bool:
    """True for a client of the Messages API, by its path or its version header."""
    return has_anthropic_version or path.endswith(("/v1/messages", "/v1/messages/count_tokens"))


def error_body(error: AnswerError, *, anthropic: bool) -> bytes:
    """The JSON body for an error that the gateway answers itself."""
    if anthropic:
        body: dict[str, object] = {
            "type": "error",
            "error": {"type": _ANTHROPIC_TYPES.get(error.status, "api_error"), "message": error.message},
        }
    else:
        kind = "invalid_request_error" if error.status < 500 else "server_error"
        body = {"error": {"message": error.message, "type": kind, "param": None, "code": error.code}}
    return json.dumps(body, ensure_ascii=False).encode()
