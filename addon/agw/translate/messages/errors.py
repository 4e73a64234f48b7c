"""Errors of Anthropic's API (https://docs.claude.com/en/api/errors)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.translate import failures
from agw.translate.neutral import Failure


def read_error(status: int, body: Mapping[str, Any] | None) -> Failure:
    return failures.read_error(status, body)


def write_error(failure: Failure) -> dict[str, Any]:
    return failures.anthropic_error(failure)
