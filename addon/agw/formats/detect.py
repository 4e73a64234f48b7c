"""Any other answer: unchanged bytes, and whatever usage can be recognised in them (agentgateway.md §3.2).

Each family's usage has words that no other has, so that the words tell which rules count: OpenAI's
``prompt_tokens``, Anthropic's ``cache_*_input_tokens``, Google's ``usageMetadata``, Bedrock's ``inputTokens`` and
``amazon-bedrock-invocationMetrics``, Cohere's ``meta``. What all of them share is told apart by nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agw.formats.fields import error_of, mapping, text
from agw.json_reading import load_object
from agw.record import AnswerFacts, Content, RequestFacts
from agw.streaming.sse import SseEvent
from agw.usage import Usage
from agw.usage.extract import (
    ANTHROPIC,
    BEDROCK_INVOKE,
    CONVERSE,
    GEMINI,
    OPENAI_CHAT,
    OPENAI_REALTIME,
    OPENAI_RESPONSES,
    RERANK,
    Table,
    usage_from,
)

_MOST_WORDS = 100
"""No usage has as many; a stream that goes on inventing them is not followed."""

_TELLING = ("usage", '"model', '"error"', "Metrics", '"response', '"message"', "oken")
"""An event that holds none of these words is not parsed."""


def _reported(body: Mapping[str, Any]) -> dict[str, Any]:
    """The object that holds the counts, wherever it stands; empty where there is none."""
    found: dict[str, Any] = {}
    for holder in (body, mapping(body, "response"), mapping(body, "message")):
        found |= mapping(holder, "usage") or mapping(holder, "usageMetadata")
    if not found and "meta" in body:
        return {"meta": body["meta"]}
    found |= mapping(body, "amazon-bedrock-invocationMetrics")
    return found or {key: body[key] for key in _BESIDE if key in body}


_BESIDE = ("inputTextTokenCount", "prompt_token_count", "generation_token_count")


def _table_of(reported: Mapping[str, Any]) -> Table:
    """The family in whose words these counts are written."""
    return next((table for words, table in _FAMILIES if any(word in reported for word in words)), OPENAI_RESPONSES)


_FAMILIES: tuple[tuple[tuple[str, ...], Table], ...] = (
    (("prompt_tokens", "completion_tokens"), OPENAI_CHAT),
    (("cache_read_input_tokens", "cache_creation_input_tokens"), ANTHROPIC),
    (("input_token_details", "output_token_details"), OPENAI_REALTIME),
    (("input_tokens", "output_tokens"), OPENAI_RESPONSES),
    (("promptTokenCount", "candidatesTokenCount", "totalTokenCount"), GEMINI),
    (("inputTokens", "outputTokens"), CONVERSE),
    (("inputTokenCount", "outputTokenCount", *_BESIDE), BEDROCK_INVOKE),
    (("meta",), RERANK),
)


def _usage(reported: Mapping[str, Any]) -> Usage | None:
    return usage_from(reported, _table_of(reported))


class Detect:
    api_type = "detect"
    operation = "chat"

    def read_request(self, body: Mapping[str, Any]) -> RequestFacts:
        return RequestFacts(self.operation, self.api_type, text(body, "model"), stream=body.get("stream") is True)

    def read_answer(self, body: Mapping[str, Any]) -> AnswerFacts:
        error = error_of(body)
        return AnswerFacts(
            response_id=_id_of(body),
            model=_model_of(body),
            usage=_usage(_reported(body)),
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


def _id_of(body: Mapping[str, Any]) -> str | None:
    return text(body, "id") or text(body, "responseId") or text(mapping(body, "message"), "id")


def _model_of(body: Mapping[str, Any]) -> str | None:
    return (
        text(body, "model")
        or text(body, "modelVersion")
        or text(mapping(body, "response"), "model")
        or text(mapping(body, "message"), "model")
    )


class DetectFold:
    """Keeps the last usage, id and model that any event names. Its end cannot be known, so it is never partial.

    Anthropic tells the prompt's tokens at the start and the answer's at the end: a later usage is laid over an earlier
    one, field by field.
    """

    def __init__(self) -> None:
        self.saw_content = False
        self._facts = AnswerFacts(complete=True)
        self._reported: dict[str, Any] = {}

    def feed(self, event: SseEvent) -> None:
        self.saw_content = True
        if not any(word in event.data for word in _TELLING):
            return
        if (body := load_object(event.data)) is None:
            return
        error = error_of(body)
        if len(self._reported) < _MOST_WORDS:
            self._reported |= {key: value for key, value in _reported(body).items() if value is not None}
        self._facts = replace(
            self._facts,
            response_id=self._facts.response_id or _id_of(body),
            model=self._facts.model or _model_of(body),
            usage=_usage(self._reported) if self._reported else None,
            error_type=error[0] if error else self._facts.error_type,
            error_message=error[1] if error else self._facts.error_message,
        )

    def facts(self) -> AnswerFacts:
        return self._facts

    def output_messages(self) -> list[dict[str, Any]] | None:
        return None
