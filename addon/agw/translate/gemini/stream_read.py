"""streamGenerateContent, read: each event is a small whole answer.

Texts of one kind that follow each other are one block. A function call comes whole. Candidates (``n`` > 1) may be
mixed, each has its own open block. There is no end marker: the stream was whole if every candidate that spoke gave its
reason to stop, or the prompt was blocked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.formats.google import list_of, part_of
from agw.streaming.sse import SseEvent
from agw.translate import failures, reading
from agw.translate.base import Losses
from agw.translate.deltas import Close, Counted, Delta, End, Failed, Finish, Grow, Open, Start
from agw.translate.gemini.answer_read import PartsReader, citations_of, is_blocked, stop_of, usage_of
from agw.translate.gemini.errors import read_error
from agw.translate.neutral import Part, Reasoning, Request, Stop, Text, ToolCall

_MOST_CANDIDATES = 32


class _Candidate:
    __slots__ = ("block", "called", "finished", "kind")

    def __init__(self) -> None:
        self.block: int | None = None
        self.kind: type[Part] | None = None
        self.called = False
        self.finished = False


class GeminiStreamReader:
    def __init__(self, asked: Request, losses: Losses) -> None:
        self._parts = PartsReader(asked, losses)
        self._losses = losses
        self._candidates: dict[int, _Candidate] = {}
        self._blocks = 0
        self._started = False
        self._ended = False
        self._blocked = False
        self._counted: dict[str, Any] = {}

    def feed(self, event: SseEvent) -> list[Delta]:
        if self._ended:
            return []
        body = reading.event_body(event)
        if body is None:
            return []
        deltas: list[Delta] = []
        if not self._started:
            deltas.append(self._start(body))
        if "error" in body:
            return [*deltas, *self._fail(body)]
        finishing = False
        for candidate in list_of(body, "candidates"):
            finishing |= self._candidate(candidate, deltas)
        if is_blocked(body) and not self._candidates and not self._blocked:
            self._blocked = finishing = True
            deltas.append(Finish(Stop.FILTER))
        if usage := part_of(body, "usageMetadata"):
            self._counted = usage
            if finishing or self._all_finished():
                self._count(deltas)
        return deltas

    def end(self) -> list[Delta]:
        if self._ended:
            return []
        self._ended = True
        deltas: list[Delta] = [] if self._started else [Start()]
        for candidate in self._candidates.values():
            self._close(candidate, deltas)
        self._count(deltas)
        if not self._all_finished():
            deltas.append(Failed(failures.CUT_OFF))
        return [*deltas, End()]

    def _start(self, body: Mapping[str, Any]) -> Start:
        self._started = True
        model = reading.string(body, "modelVersion")
        return Start(reading.string(body, "responseId"), model, usage=usage_of(body))

    def _fail(self, body: Mapping[str, Any]) -> list[Delta]:
        self._ended = True
        deltas: list[Delta] = []
        for candidate in self._candidates.values():
            self._close(candidate, deltas)
        return [*deltas, Failed(read_error(None, body)), End()]

    def _count(self, deltas: list[Delta]) -> None:
        """Most events tell the tokens so far: only those at an end are worth telling on."""
        usage = usage_of({"usageMetadata": self._counted})
        self._counted = {}
        if usage is not None:
            deltas.append(Counted(usage))

    def _all_finished(self) -> bool:
        return self._blocked or (bool(self._candidates) and all(one.finished for one in self._candidates.values()))

    def _candidate(self, candidate: Mapping[str, Any], deltas: list[Delta]) -> bool:
        """Whether this was the candidate's end."""
        index = candidate.get("index")
        number = index if isinstance(index, int) and 0 <= index < _MOST_CANDIDATES else 0
        kept = self._candidates.setdefault(number, _Candidate())
        if kept.finished:
            return False
        for one in list_of(part_of(candidate, "content"), "parts"):
            for part in self._parts.read(one):
                self._part(part, kept, number, deltas)
        reason = candidate.get("finishReason")
        if not isinstance(reason, str) or not reason:
            return False
        if kept.block is not None and kept.kind is Text:
            deltas.extend(Grow(kept.block, citation=one) for one in citations_of(candidate))
        self._close(kept, deltas)
        kept.finished = True
        deltas.append(Finish(stop_of(reason, called=kept.called, losses=self._losses), choice=number))
        return True

    def _part(self, part: Part, kept: _Candidate, choice: int, deltas: list[Delta]) -> None:
        if isinstance(part, Text):
            if kept.kind is not Text:
                self._open(Text(""), kept, choice, deltas)
            deltas.append(Grow(kept.block or 0, part.text))
        elif isinstance(part, Reasoning):
            if kept.kind is not Reasoning:
                self._open(Reasoning("", summary=part.summary), kept, choice, deltas)
            if part.text or part.seal is not None:
                deltas.append(Grow(kept.block or 0, part.text, seal=part.seal))
        elif isinstance(part, ToolCall):
            kept.called = True
            opened = ToolCall(part.id, part.name, "", custom=part.custom, seal=part.seal)
            self._open(opened, kept, choice, deltas)
            if part.arguments:
                deltas.append(Grow(kept.block or 0, part.arguments))
            self._close(kept, deltas)
        else:
            self._open(part, kept, choice, deltas)
            self._close(kept, deltas)

    def _open(self, part: Part, kept: _Candidate, choice: int, deltas: list[Delta]) -> None:
        self._close(kept, deltas)
        kept.block, kept.kind = self._blocks, type(part)
        self._blocks += 1
        deltas.append(Open(kept.block, part, choice))

    def _close(self, kept: _Candidate, deltas: list[Delta]) -> None:
        if kept.block is not None:
            deltas.append(Close(kept.block))
        kept.block = kept.kind = None
