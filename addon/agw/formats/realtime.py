"""OpenAI's Realtime API over WebSocket (https://platform.openai.com/docs/api-reference/realtime-server-events).

One record for each response, not one for the connection. A response is what everywhere else is a call: it has an id,
a status, output, usage that is billed, a first token. A connection may live for an hour and hold a hundred of them:
its one record would come when nobody can act on it any more (budgets, limits, alarms), and its time to the first
token would mean nothing. A connection on which no response was made gets the call's own record, as any upgrade does.

To wire it, with one ``RealtimeFold`` for each WebSocket flow (mitmproxy has undone permessage-deflate already)::

    fold.sent(message.text)                       # from the client
    turn = fold.received(message.text, now_ns)    # from the provider; a Turn when a response is done
    fold.end(now_ns)                              # the connection is closed: a response under way, as broken off

Binary messages are no events; pass only texts. A Turn holds all that ``Call.finish`` wants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from agw.formats import parts
from agw.formats.fields import error_of, integer, items, mapping, number, text, texts
from agw.json_reading import load_object
from agw.record import AnswerFacts, Content, RequestFacts
from agw.streaming.sse import SseEvent
from agw.usage.extract import OPENAI_REALTIME, usage_from

MAX_EVENT_CHARS = 1024 * 1024
"""A longer message is audio; it is not parsed."""

_REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}


@dataclass(frozen=True, slots=True)
class Turn:
    """One response. Times are nanoseconds since the epoch; ``broken_off`` if the connection ended within it."""

    answer: AnswerFacts
    start_ns: int
    end_ns: int
    first_token_ns: int | None
    model: str | None
    output_messages: list[dict[str, Any]] | None
    broken_off: bool = False


class Realtime:
    api_type = "realtime"
    operation = "chat"

    def read_request(self, body: Mapping[str, Any]) -> RequestFacts:
        """``body`` is a session, or the query of the upgrade request as an object (``?model=``)."""
        modalities = texts(body, "output_modalities") or texts(body, "modalities")
        tokens = body.get("max_output_tokens", body.get("max_response_output_tokens"))
        return RequestFacts(
            self.operation,
            self.api_type,
            text(body, "model"),
            stream=True,
            temperature=number(body, "temperature"),
            max_tokens=integer({"n": tokens}, "n"),
            output_type="speech" if "audio" in (modalities or ()) else None,
        )

    def read_answer(self, body: Mapping[str, Any]) -> AnswerFacts:
        """``body`` is a response object, or an error."""
        status = body.get("status")
        details = mapping(body, "status_details")
        error = error_of(body) or error_of(details)
        if status == "failed" and error is None:
            error = ("response_failed", "the response failed")
        return AnswerFacts(
            response_id=text(body, "id"),
            finish_reasons=(_finish(body),),
            usage=usage_from(body.get("usage"), OPENAI_REALTIME),
            error_type=error[0] if error else None,
            error_message=error[1] if error else None,
            complete=True,
        )

    def fold(self, *, keep_content: bool) -> RealtimeFold:
        return RealtimeFold(keep_content=keep_content)

    def request_content(self, body: Mapping[str, Any]) -> Content:
        return Content()

    def answer_content(self, body: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        found: list[dict[str, Any]] = []
        for item in items(body, "output"):
            if item.get("type") == "function_call":
                found.append(parts.tool_call_part(item.get("call_id"), item.get("name"), item.get("arguments")))
            for one in items(item, "content"):
                said = one.get("text") or one.get("transcript")
                if isinstance(said, str):
                    found.append(parts.text_part(said))
        return [{"role": "assistant", "parts": found, "finish_reason": parts.finish_reason(_finish(body))}]


def _finish(body: Mapping[str, Any]) -> str:
    status = body.get("status")
    reason = text(mapping(body, "status_details"), "reason")
    if status == "completed":
        return "tool_calls" if any(one.get("type") == "function_call" for one in items(body, "output")) else "stop"
    if status == "incomplete":
        return _REASONS.get(reason or "", "length")
    return "error" if status == "failed" else "stop"


class RealtimeFold:
    """Pure: the clock is the caller's. Bounded: of the stream only times and the session's model are kept."""

    def __init__(self, *, keep_content: bool) -> None:
        self.saw_content = False
        self.model: str | None = None
        """What the session says that it talks to."""
        self._form = Realtime()
        self._keep_content = keep_content
        self._start_ns: int | None = None
        self._first_token_ns: int | None = None
        self._last = AnswerFacts()
        self._messages: list[dict[str, Any]] | None = None

    def sent(self, message: str) -> None:
        """A text message of the client: only a session that names a model tells anything."""
        if '"session.update"' in message and (body := _parsed(message)) is not None:
            self.model = text(mapping(body, "session"), "model") or self.model

    def received(self, message: str, now_ns: int) -> Turn | None:
        """A text message of the provider. Never raises."""
        if '"response.' not in message and '"session.' not in message and '"error"' not in message:
            return None
        body = _parsed(message)
        if body is None:
            return None
        kind = text(body, "type") or ""
        if kind.startswith("session."):
            self.model = text(mapping(body, "session"), "model") or self.model
        elif kind == "response.created":
            self._start_ns, self._first_token_ns = now_ns, None
        elif kind.endswith(".delta"):
            self.saw_content = True
            self._first_token_ns = self._first_token_ns or now_ns
        elif kind == "error":
            error = error_of(body)
            if error is not None:
                self._last = replace(self._last, error_type=error[0], error_message=error[1])
        elif kind == "response.done":
            return self._done(mapping(body, "response"), now_ns)
        return None

    def end(self, now_ns: int) -> Turn | None:
        """The connection is closed; a response under way will not be told any more."""
        if self._start_ns is None:
            return None
        return self._turn(AnswerFacts(), None, now_ns, broken_off=True)

    def feed(self, event: SseEvent) -> None:
        self.received(event.data, 0)

    def facts(self) -> AnswerFacts:
        """The last response's, or an error that came outside of any."""
        return self._last

    def output_messages(self) -> list[dict[str, Any]] | None:
        return self._messages

    def _done(self, response: Mapping[str, Any], now_ns: int) -> Turn:
        self._last = self._form.read_answer(response)
        self._messages = self._form.answer_content(response) if self._keep_content else None
        return self._turn(self._last, self._messages, now_ns, broken_off=False)

    def _turn(
        self, answer: AnswerFacts, messages: list[dict[str, Any]] | None, now_ns: int, *, broken_off: bool
    ) -> Turn:
        start = now_ns if self._start_ns is None else self._start_ns
        turn = Turn(
            replace(answer, model=self.model), start, now_ns, self._first_token_ns, self.model, messages, broken_off
        )
        self._start_ns = self._first_token_ns = None
        return turn


def _parsed(message: str) -> dict[str, Any] | None:
    return None if len(message) > MAX_EVENT_CHARS else load_object(message)
