"""Anthropic's count_tokens for Bedrock's CountTokens
(https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html), which takes the body of an
InvokeModel call as base64: what is counted is exactly what Claude would get."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from agw.translate import failures, reading
from agw.translate.base import Translated
from agw.translate.converse.errors import read_error
from agw.translate.native import without_foreign
from agw.translate.unstreamed import Unstreamed
from agw.translate.writing import compact

VERSION = "bedrock-2023-05-31"


class CountToBedrock(Unstreamed):
    def request(self, body: Mapping[str, Any]) -> Translated:
        """The model stands in the path; a limit must stand in the body, though nothing is generated."""
        reading.demanded_objects(body, "messages")
        cleaned = without_foreign("messages", body)
        for name in cleaned.dropped:
            self._losses.add(name)
        body = {**body, **cleaned.changes}
        kept = {name: value for name, value in body.items() if name not in ("model", "stream")}
        invoked = {"anthropic_version": VERSION, "max_tokens": 1, **kept}
        if isinstance(thinking := body.get("thinking"), dict) and isinstance(thinking.get("budget_tokens"), int):
            # The limit must leave room for the thoughts that are asked for.
            invoked["max_tokens"] = thinking["budget_tokens"] + 1
        data = compact(invoked).encode("utf-8", "surrogatepass")
        return Translated({"input": {"invokeModel": {"body": base64.b64encode(data).decode()}}}, self.dropped)

    def answer(self, body: Mapping[str, Any]) -> dict[str, Any]:
        tokens = reading.integer(body, "inputTokens")
        return failures.anthropic_error(failures.UNREADABLE) if tokens is None else {"input_tokens": tokens}

    def error(self, status: int, body: Mapping[str, Any] | None) -> dict[str, Any]:
        return failures.anthropic_error(read_error(status, body))
