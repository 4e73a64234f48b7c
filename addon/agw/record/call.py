"""The life of a call, from the head of its request to its one record.

::

    RECEIVED ──forwarded()──► FORWARDED ──answering()──► ANSWERING
        │                         │                          │
        └────────────finish()─────┴─────────finish()─────────┴──► FINISHED   (any further finish() gives None)

Whichever way a call ends (answer complete, provider error, client gone, refused, shutdown), ``finish`` makes its
record once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum, auto

from agw.record.record import (
    AnswerFacts,
    Attempt,
    Attribution,
    CallError,
    CallRecord,
    Content,
    Evidence,
    RequestFacts,
    SpanIds,
)
from agw.usage import Source

_NOBODY, _NO_EVIDENCE = Attribution(), Evidence()


class Stage(Enum):
    RECEIVED = auto()
    FORWARDED = auto()
    ANSWERING = auto()
    FINISHED = auto()


@dataclass(slots=True)
class Call:
    """One call under way. Times are nanoseconds since the epoch."""

    ids: SpanIds
    start_ns: int
    provider: str
    request: RequestFacts
    http_method: str = "POST"
    url_path: str = "/"
    client_model: str | None = None
    server_address: str | None = None
    server_port: int | None = None
    gateway: str | None = None
    listener: str | None = None
    route: str | None = None
    backend: str | None = None
    client_address: str | None = None
    user_agent: str | None = None
    http_status: int | None = None
    notes: list[str] = field(default_factory=list)
    attribution: Attribution = _NOBODY
    attempts: tuple[Attempt, ...] = ()
    evidence: Evidence = _NO_EVIDENCE
    overhead_s: float | None = None
    stage: Stage = Stage.RECEIVED

    def forwarded(self, address: str, port: int) -> None:
        self.server_address, self.server_port = address, port
        if self.stage is Stage.RECEIVED:
            self.stage = Stage.FORWARDED

    def answering(self, http_status: int) -> None:
        self.http_status = http_status
        if self.stage is not Stage.FINISHED:
            self.stage = Stage.ANSWERING

    def finish(
        self,
        end_ns: int,
        *,
        answer: AnswerFacts | None = None,
        error: CallError | None = None,
        broken_off: bool = False,
        first_chunk_ns: int | None = None,
        first_token_ns: int | None = None,
        content: Content | None = None,
    ) -> CallRecord | None:
        """The record, or None if the call has one already.

        ``broken_off`` says that the answer did not come to its end: what is known of its usage is then PARTIAL.
        An HTTP status of 400 and above is an error even where nobody names one.
        """
        if self.stage is Stage.FINISHED:
            return None
        self.stage = Stage.FINISHED
        return self._record(
            end_ns,
            answer or AnswerFacts(),
            error,
            broken_off,
            first_chunk_ns=first_chunk_ns,
            first_token_ns=first_token_ns,
            content=content,
        )

    def so_far(self, error: CallError) -> CallRecord | None:
        """The record that it would have if it broke off with this error as soon as it began; the call goes on. None if
        it has one already."""
        return None if self.stage is Stage.FINISHED else self._record(self.start_ns, AnswerFacts(), error, True)

    def _record(
        self,
        end_ns: int,
        answer: AnswerFacts,
        error: CallError | None,
        partial: bool,
        *,
        first_chunk_ns: int | None = None,
        first_token_ns: int | None = None,
        content: Content | None = None,
    ) -> CallRecord:
        error = error or _error_of(self.http_status, answer)
        if partial and answer.usage is not None:
            answer = replace(answer, usage=replace(answer.usage, source=Source.PARTIAL))
        return CallRecord(
            ids=self.ids,
            start_ns=self.start_ns,
            end_ns=max(end_ns, self.start_ns),
            provider=self.provider,
            request=self.request,
            answer=answer,
            first_chunk_ns=first_chunk_ns,
            first_token_ns=first_token_ns,
            client_model=self.client_model,
            server_address=self.server_address,
            server_port=self.server_port,
            http_status=self.http_status,
            http_method=self.http_method,
            url_path=self.url_path,
            error=error,
            partial=partial,
            gateway=self.gateway,
            listener=self.listener,
            route=self.route,
            backend=self.backend,
            client_address=self.client_address,
            user_agent=self.user_agent,
            content=content,
            notes=tuple(dict.fromkeys(self.notes)),
            attribution=self.attribution,
            attempts=self.attempts,
            evidence=self.evidence,
            overhead_s=self.overhead_s,
        )


def _error_of(http_status: int | None, answer: AnswerFacts) -> CallError | None:
    """The error that the answer itself tells: the provider's own type, else the status."""
    if http_status is not None and http_status >= 400:
        message = answer.error_message or f"the provider answered {http_status}"
        return CallError(answer.error_type or str(http_status), message)
    if answer.error_type is not None:
        return CallError(answer.error_type, answer.error_message or "the provider's answer ended in an error")
    return None
