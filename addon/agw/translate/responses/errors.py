"""Errors of Responses: the same bodies as those of Chat Completions, and its own words inside a response
(``ResponseError`` of https://platform.openai.com/docs/api-reference/responses/object)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.translate import failures
from agw.translate.neutral import Failure, Trouble


def read_error(status: int | None, body: Mapping[str, Any] | None) -> Failure:
    return failures.read_error(status, body)


def write_error(failure: Failure) -> dict[str, Any]:
    return failures.openai_error(failure)


def inner_error(failure: Failure) -> dict[str, Any]:
    """``error`` of a failed response."""
    words = {Trouble.RATE_LIMIT: "rate_limit_exceeded", Trouble.INVALID: "invalid_prompt"}
    return {"code": failure.code or words.get(failure.kind, "server_error"), "message": failure.message}
