"""Any other answer: unchanged bytes, and whatever usage can be recognised in them (agentgateway.md §3.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agw.formats.fields import error_of, mapping, text
from agw.record import AnswerFacts, Content, RequestFacts
from agw.streaming.sse import SseEvent
from agw.usage import Usage
from agw.usage.extract import OPENAI_CHAT, OPENAI_RESPONSES, usage_from

_ANY = {name: (*OPENAI_CHAT.get(name, ()), *OPENAI_RESPONSES.get(name, ())) for name in OPENAI_CHAT}


def usage_of(body: Mapping[str, Any]) -> Usage | None:
    for place in (body.get("usage"), mapping(body, "response").get("usage"), mapping(body, "message").get("usage")):
        if (found := usage_from(place, _ANY)) is not None:
            return found
    return None


class Detect:
    api_type = "detect"
    operation = "chat"

    def read_request(self, body: Mapping[str, Any]) -> RequestFacts:
        return RequestFacts(self.operation, self.api_type, text(body, "model"), stream=body.get("stream") is True)

    def read_answer(self, body: Mapping[str, Any]) -> AnswerFacts:
        error = error_of(body)
        return AnswerFacts(
            response_id=text(body, "id"),
            model=text(body, "model") or text(mapping(body, "response"), "model"),
            usage=usage_of(body),
            error_type=error[0] if error else None,
            error_message=error[1] if error else None,
            complete=True,
        )

    def fold(self, *, keep_content: bool) -> DetectFold:
        return DetectFold()

    def request_content(self, body: Mapping[str, Any]) -> Content:
        return Content()

    def answer_content(self, body: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        return None


class DetectFold:
    """Keeps the last usage, id and model that any event names. Its end cannot be known, so it is never partial."""

    def __init__(self) -> None:
        self.saw_content = False
        self._facts = AnswerFacts(complete=True)

    def feed(self, event: SseEvent) -> None:
        self.saw_content = True
        if '"usage"' not in event.data and '"model"' not in event.data and '"error"' not in event.data:
            return
        try:
            body = json.loads(event.data)
        except (ValueError, RecursionError):
            return
        if not isinstance(body, dict):
            return
        error = error_of(body)
        self._facts = replace(
            self._facts,
            response_id=self._facts.response_id or text(body, "id"),
            model=self._facts.model or text(body, "model") or text(mapping(body, "response"), "model"),
            usage=usage_of(body) or self._facts.usage,
            error_type=error[0] if error else self._facts.error_type,
            error_message=error[1] if error else self._facts.error_message,
        )

    def facts(self) -> AnswerFacts:
        return self._facts

    def output_messages(self) -> list[dict[str, Any]] | None:
        return None
