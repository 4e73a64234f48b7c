"""streamGenerateContent (``alt=sse``), written: every event a small whole answer.

A function call can only be told whole, so its pieces are kept until it closes. The reasons to stop and the usage stand
in the last event; since other formats tell usage after the reason, both wait for the end.
"""

from __future__ import annotations

from typing import Any

from agw.streaming.sse import MAX_EVENT_BYTES
from agw.translate.base import Losses
from agw.translate.deltas import Close, Counted, Delta, End, Failed, Finish, Grow, Open, Start
from agw.translate.gemini.answer_write import function_call, grounding, reason_of, signature, write_part, write_usage
from agw.translate.gemini.errors import write_error
from agw.translate.neutral import Citation, Reasoning, Request, ToolCall
from agw.translate.writing import data_event, new_id
from agw.usage import Usage


class _Call:
    """A tool call whose pieces are still coming; what goes beyond all bounds is cut, and so no JSON any more."""

    __slots__ = ("call", "choice", "pieces", "size")

    def __init__(self, call: ToolCall, choice: int) -> None:
        self.call = call
        self.choice = choice
        self.pieces: list[str] = [call.arguments]
        self.size = 0

    def grow(self, delta: Grow) -> None:
        self.size += len(delta.text)
        if self.size <= MAX_EVENT_BYTES:
            self.pieces.append(delta.text)

    def whole(self) -> ToolCall:
        return ToolCall(
            self.call.id, self.call.name, "".join(self.pieces), custom=self.call.custom, seal=self.call.seal
        )


class GeminiStreamWriter:
    def __init__(self, asked: Request, losses: Losses) -> None:
        self._losses = losses
        self._head: dict[str, Any] = {"modelVersion": asked.model}
        self._open: dict[int, tuple[int, bool] | _Call] = {}
        """Open blocks: (choice, whether it is thought) of texts, the pieces of calls."""
        self._finished: dict[int, str] = {}
        self._citations: dict[int, list[Citation]] = {}
        self._usage: Usage | None = None
        self._failed = False

    def write(self, delta: Delta) -> list[bytes]:
        if isinstance(delta, Grow):
            return self._grow(delta)
        if isinstance(delta, Open):
            return self._opened(delta)
        if isinstance(delta, Close):
            kept = self._open.pop(delta.block, None)
            return [self._event(kept.choice, function_call(kept.whole()))] if isinstance(kept, _Call) else []
        if isinstance(delta, Finish):
            self._finished[delta.choice] = reason_of(delta.stop)
        elif isinstance(delta, Counted):
            self._usage = delta.usage
        elif isinstance(delta, Failed):
            self._failed = True
            return [data_event(write_error(delta.failure))]
        elif isinstance(delta, End):
            return self._end()
        else:
            self._start(delta)
        return []

    def _start(self, delta: Start) -> None:
        self._head = {
            "modelVersion": delta.model or self._head["modelVersion"],
            "responseId": delta.id or new_id(""),
        }
        self._usage = delta.usage

    def _opened(self, delta: Open) -> list[bytes]:
        if isinstance(delta.part, ToolCall):
            self._open[delta.block] = _Call(delta.part, delta.choice)
            return []
        self._open[delta.block] = (delta.choice, isinstance(delta.part, Reasoning))
        return [self._event(delta.choice, part) for part in write_part(delta.part, self._losses)]

    def _grow(self, delta: Grow) -> list[bytes]:
        kept = self._open.get(delta.block)
        if isinstance(kept, _Call):
            kept.grow(delta)
            return []
        choice, thought = kept or (0, False)
        if delta.citation is not None and len(self._citations) < 100:
            self._citations.setdefault(choice, []).append(delta.citation)
        if not delta.text and delta.seal is None:
            return []
        part: dict[str, Any] = {"text": delta.text, "thought": True} if thought else {"text": delta.text}
        if delta.seal is not None:
            part.update(signature(delta.seal))
        return [self._event(choice, part)]

    def _event(self, choice: int, part: dict[str, Any]) -> bytes:
        content = {"parts": [part], "role": "model"}
        return data_event({"candidates": [{"content": content, "index": choice}], **self._head})

    def _end(self) -> list[bytes]:
        if self._failed:
            return []
        body: dict[str, Any] = {
            "candidates": [
                {
                    "content": {"parts": [], "role": "model"},
                    "finishReason": reason,
                    "index": choice,
                    **grounding(self._citations.get(choice, [])),
                }
                for choice, reason in sorted(self._finished.items())
            ],
            **self._head,
        }
        if self._usage is not None:
            body["usageMetadata"] = write_usage(self._usage)
        return [data_event(body)]
