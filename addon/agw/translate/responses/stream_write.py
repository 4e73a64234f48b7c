"""A stream in the words of Responses: the whole official sequence of events, numbered.

::

    response.created, response.in_progress
    for each item:  output_item.added
                    ( content_part.added  output_text.delta*  output_text.done  content_part.done )*      a message
                    reasoning_summary_part.added  ..._text.delta*  ..._text.done  ..._part.done           reasoning
                    function_call_arguments.delta*  ....done                                              a call
                    output_item.done
    response.completed | response.incomplete | response.failed

Neighbouring texts are parts of one message, which therefore ends only when something else begins.
"""

from __future__ import annotations

from typing import Any

from agw.translate.base import Losses
from agw.translate.deltas import Close, Counted, Delta, End, Failed, Finish, Grow, Open, Start
from agw.translate.neutral import Failure, Reasoning, Refusal, Request, Text, ToolCall
from agw.translate.responses.items import ResponseObject, incomplete_reason
from agw.translate.responses.stream_items import CallItem, Item, Message, ReasoningItem, Words
from agw.translate.writing import named_event
from agw.usage import Usage


class ResponsesStreamWriter:
    def __init__(self, asked: Request, losses: Losses) -> None:
        self._asked = asked
        self._losses = losses
        self._response = ResponseObject(asked, answer_id="", model=None, created=None, tier=None)
        self._sequence = 0
        self._items: list[Item] = []
        self._message: Message | None = None
        self._blocks: dict[int, Words | ReasoningItem | CallItem] = {}
        self._usage: Usage | None = None
        self._finish: Finish | None = None
        self._refused = False

    def write(self, delta: Delta) -> list[bytes]:
        if isinstance(delta, Grow):
            block = self._blocks.get(delta.block)
            return [] if block is None else self._events(block.grow(delta))
        if isinstance(delta, Open):
            return self._open(delta)
        if isinstance(delta, Close):
            block = self._blocks.pop(delta.block, None)
            return [] if block is None else self._events(block.close())
        if isinstance(delta, Start):
            return self._start(delta)
        if isinstance(delta, Counted):
            self._usage = delta.usage
        elif isinstance(delta, Finish):
            self._finish = self._finish or delta
        elif isinstance(delta, Failed):
            self._finish = None
            return self._failed(delta.failure)
        elif isinstance(delta, End) and self._finish is not None:
            return self._end(self._finish)
        return []

    def _events(self, bodies: list[dict[str, Any]]) -> list[bytes]:
        written = []
        for body in bodies:
            body["sequence_number"] = self._sequence
            self._sequence += 1
            written.append(named_event(body["type"], body))
        return written

    def _start(self, start: Start) -> list[bytes]:
        self._response = ResponseObject(
            self._asked, answer_id=start.id, model=start.model, created=start.created, tier=start.service_tier
        )
        self._usage = start.usage
        begun = self._response.whole("in_progress", [])
        return self._events(
            [{"type": "response.created", "response": begun}, {"type": "response.in_progress", "response": begun}]
        )

    def _open(self, delta: Open) -> list[bytes]:
        part = delta.part
        if delta.choice or not isinstance(part, Text | Refusal | Reasoning | ToolCall):
            self._losses.add(f"answer.{type(part).__name__.lower()}")
            return []
        bodies: list[dict[str, Any]] = []
        index = len(self._items)
        block: Words | ReasoningItem | CallItem
        if isinstance(part, Text | Refusal):
            self._refused = self._refused or isinstance(part, Refusal)
            if self._message is None:
                self._message = Message(self._response, index)
                self._items.append(self._message)
                bodies.extend(self._message.added())
            block = self._message.words(part)
            bodies.extend(block.added())
        else:
            bodies.extend(self._end_message())
            block = (
                ReasoningItem(self._response, index, part)
                if isinstance(part, Reasoning)
                else CallItem(self._response, index, part)
            )
            self._items.append(block)
            bodies.extend(block.added())
        self._blocks[delta.block] = block
        return self._events(bodies)

    def _end_message(self, status: str = "completed") -> list[dict[str, Any]]:
        message, self._message = self._message, None
        return [] if message is None else message.done(status)

    def _end(self, finish: Finish) -> list[bytes]:
        self._finish = None
        reason = incomplete_reason(finish.stop, refused=self._refused)
        status = "completed" if reason is None else "incomplete"
        bodies = self._end_message(status)
        whole = self._response.whole(status, [one.item() for one in self._items], self._usage, incomplete=reason)
        return self._events([*bodies, {"type": f"response.{status}", "response": whole}])

    def _failed(self, failure: Failure) -> list[bytes]:
        bodies = self._end_message("incomplete")
        output = [one.item() for one in self._items]
        whole = self._response.whole("failed", output, self._usage, failure=failure)
        return self._events([*bodies, {"type": "response.failed", "response": whole}])
