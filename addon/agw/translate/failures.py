"""Errors between the APIs: which kind a status or a word means, and each API's word for a kind.

OpenAI: https://platform.openai.com/docs/guides/error-codes; Anthropic: https://docs.claude.com/en/api/errors. A
provider's own word wins over the status, since gateways in front of it change statuses more often than words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.formats.fields import MAX_TEXT, error_of
from agw.translate.neutral import Failure, Trouble

_BY_STATUS = {
    400: Trouble.INVALID,
    401: Trouble.AUTHENTICATION,
    403: Trouble.PERMISSION,
    404: Trouble.NOT_FOUND,
    408: Trouble.TIMEOUT,
    413: Trouble.TOO_LARGE,
    422: Trouble.INVALID,
    429: Trouble.RATE_LIMIT,
    504: Trouble.TIMEOUT,
    529: Trouble.OVERLOADED,
}
_BY_WORD = {
    "invalid_request_error": Trouble.INVALID,
    "authentication_error": Trouble.AUTHENTICATION,
    "permission_error": Trouble.PERMISSION,
    "not_found_error": Trouble.NOT_FOUND,
    "request_too_large": Trouble.TOO_LARGE,
    "rate_limit_error": Trouble.RATE_LIMIT,
    "rate_limit_exceeded": Trouble.RATE_LIMIT,
    "insufficient_quota": Trouble.RATE_LIMIT,
    "overloaded_error": Trouble.OVERLOADED,
    "timeout_error": Trouble.TIMEOUT,
    "api_error": Trouble.SERVER,
    "server_error": Trouble.SERVER,
    "model_not_found": Trouble.NOT_FOUND,
    "invalid_api_key": Trouble.AUTHENTICATION,
}
_STATUS = {kind: status for status, kind in reversed(_BY_STATUS.items())} | {Trouble.SERVER: 500}

OPENAI_TYPES = {
    Trouble.AUTHENTICATION: "authentication_error",
    Trouble.PERMISSION: "permission_error",
    Trouble.RATE_LIMIT: "rate_limit_error",
    Trouble.OVERLOADED: "server_error",
    Trouble.TIMEOUT: "server_error",
    Trouble.SERVER: "server_error",
}
ANTHROPIC_TYPES = {
    Trouble.INVALID: "invalid_request_error",
    Trouble.AUTHENTICATION: "authentication_error",
    Trouble.PERMISSION: "permission_error",
    Trouble.NOT_FOUND: "not_found_error",
    Trouble.TOO_LARGE: "request_too_large",
    Trouble.RATE_LIMIT: "rate_limit_error",
    Trouble.OVERLOADED: "overloaded_error",
    Trouble.TIMEOUT: "timeout_error",
    Trouble.SERVER: "api_error",
}
CUT_OFF = Failure(502, Trouble.SERVER, "the provider's answer broke off before its end", "upstream_disconnected")
UNREADABLE = Failure(502, Trouble.SERVER, "the provider's answer is not one of its API", "upstream_protocol_error")


def kind_of(status: int | None, *words: Any) -> Trouble:
    for word in words:
        if isinstance(word, str) and word in _BY_WORD:
            return _BY_WORD[word]
    if status is None:
        return Trouble.SERVER
    return _BY_STATUS.get(status) or (Trouble.INVALID if 400 <= status < 500 else Trouble.SERVER)


def read_error(status: int | None, body: Mapping[str, Any] | None) -> Failure:
    """OpenAI's, Anthropic's and Google's error objects, flat ones too; by the status where the body tells nothing.

    ``status`` is None for an error inside a stream.
    """
    error = body.get("error") if body else None
    fields: Mapping[str, Any] = error if isinstance(error, dict) else (body or {})
    found = error_of(body)
    message = found[1] if found else _message(fields.get("message") or fields.get("detail"))
    code, word = fields.get("code"), fields.get("type")
    kind = kind_of(status if status is not None else code if isinstance(code, int) else None, word, code)
    return Failure(
        status=status or _STATUS[kind],
        kind=kind,
        message=message[:MAX_TEXT] if isinstance(message, str) and message else f"the provider answered {status}",
        code=code[:100] if isinstance(code, str) else None,
        param=param[:100] if isinstance(param := fields.get("param"), str) else None,
    )


def _message(value: Any) -> Any:
    """What pydantic's servers (vLLM, Mistral, ...) find wrong comes as a list: where, and what."""
    if isinstance(value, dict):
        value = value.get("detail")
    if not isinstance(value, list):
        return value
    told = []
    for one in value[:5]:
        if isinstance(one, dict) and isinstance(one.get("msg"), str):
            places = one.get("loc")
            place = ".".join(str(step)[:50] for step in places[:10]) if isinstance(places, list) else ""
            told.append(f"{place}: {one['msg'][:MAX_TEXT]}" if place else one["msg"][:MAX_TEXT])
    return "; ".join(told)


def openai_error(failure: Failure) -> dict[str, Any]:
    """The error body of all of OpenAI's formats."""
    kind = OPENAI_TYPES.get(failure.kind, "invalid_request_error")
    return {"error": {"message": failure.message, "type": kind, "param": failure.param, "code": failure.code}}


def anthropic_error(failure: Failure) -> dict[str, Any]:
    return {"type": "error", "error": {"type": ANTHROPIC_TYPES[failure.kind], "message": failure.message}}
