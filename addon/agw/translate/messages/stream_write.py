"""A stream in the words of Anthropic Messages, event for event as the official SDK and Claude Code expect it.

``message_start`` tells the usage that is known then, ``message_delta`` the totals; it waits for the stream's end, since
some providers count only there. An error is an ``error`` event, and nothing follows it.
"""

from __future__ import annotations

from typing import Any

from agw.translate import failures, tools
from agw.translate.base import Losses
from agw.translate.deltas import Close, Counted, Delta, End, Failed, Finish, Grow, Open, Start
from agw.translate.messages.answer_write import reason_of
from agw.translate.messages.content_write import client_reasoning
from agw.translate.messages.usage import write_usage
from agw.translate.neutral import Maker, Part, Reasoning, Refusal, Request, Text, ToolCall
from agw.translate.seals import wrap
from agw.translate.writing import named_event, new_id
from agw.usage import Usage


class MessagesStreamWriter:
    def __init__(self, asked: Request, losses: Losses) -> None:
        self._asked = asked
        self._losses = losses
        self._blocks: dict[int, tuple[int, Part]] = {}
        """By the stream's number of a block: its index among those that this format can say, and what it is."""
        self._next = 0
        self._usage: Usage | None = None
        self._finish: Finish | None = None

    def write(self, delta: Delta) -> list[bytes]:
        if isinstance(delta, Grow):
            return self._grow(delta)
        if isinstance(delta, Open):
            return self._open(delta)
        if isinstance(delta, Close):
            block = self._blocks.pop(delta.block, None)
            return [] if block is None else [_event({"type": "content_block_stop", "index": block[0]})]
        if isinstance(delta, Start):
            return [self._start(delta)]
        if isinstance(delta, Counted):
            self._usage = delta.usage
        elif isinstance(delta, Finish):
            # Of several choices the first, as in a whole answer.
            self._finish = self._finish or delta
        elif isinstance(delta, Failed):
            self._finish = None
            return [_event(failures.anthropic_error(delta.failure))]
        elif isinstance(delta, End) and self._finish is not None:
            return self._end(self._finish)
        return []

    def _start(self, start: Start) -> bytes:
        self._usage = start.usage
        message: dict[str, Any] = {
            "id": start.id or new_id("msg_"),
            "type": "message",
            "role": "assistant",
            "model": start.model or self._asked.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": write_usage(start.usage),
        }
        return _event({"type": "message_start", "message": message})

    def _open(self, delta: Open) -> list[bytes]:
        part = delta.part
        if delta.choice or not isinstance(part, Text | Refusal | Reasoning | ToolCall):
            self._losses.add(f"answer.{type(part).__name__.lower()}")
            return []
        index = self._next
        self._next += 1
        self._blocks[delta.block] = (index, part)
        block: dict[str, Any]
        later = ""
        if isinstance(part, ToolCall):
            block = {"type": "tool_use", "id": tools.plain_id(tools.sealed_id(part)), "name": part.name, "input": {}}
            later = part.arguments
        elif isinstance(part, Reasoning) and part.seal is not None and part.seal.redacted:
            block = client_reasoning(part)
        elif isinstance(part, Reasoning):
            block, later = {"type": "thinking", "thinking": "", "signature": ""}, part.text
        else:
            block, later = {"type": "text", "text": ""}, part.text
        written = [_event({"type": "content_block_start", "index": index, "content_block": block})]
        if later:
            written.extend(self._grow(Grow(delta.block, later)))
        if isinstance(part, Reasoning) and part.seal is not None and block["type"] == "thinking":
            written.extend(self._grow(Grow(delta.block, seal=part.seal)))
        return written

    def _grow(self, delta: Grow) -> list[bytes]:
        found = self._blocks.get(delta.block)
        if found is None:
            return []
        index, part = found
        written = []
        if delta.text:
            if isinstance(part, ToolCall):
                piece = {"type": "input_json_delta", "partial_json": delta.text}
            elif isinstance(part, Reasoning):
                piece = {"type": "thinking_delta", "thinking": delta.text}
            else:
                piece = {"type": "text_delta", "text": delta.text}
            written.append(_event({"type": "content_block_delta", "index": index, "delta": piece}))
        if delta.seal is not None and isinstance(part, Reasoning):
            piece = {"type": "signature_delta", "signature": wrap(delta.seal, Maker.ANTHROPIC)}
            written.append(_event({"type": "content_block_delta", "index": index, "delta": piece}))
        if delta.citation is not None:
            self._losses.add("answer.citations")
        return written

    def _end(self, finish: Finish) -> list[bytes]:
        self._finish = None
        delta = {"stop_reason": reason_of(finish.stop), "stop_sequence": finish.stop_sequence}
        return [
            _event({"type": "message_delta", "delta": delta, "usage": write_usage(self._usage)}),
            _event({"type": "message_stop"}),
        ]


def _event(body: dict[str, Any]) -> bytes:
    return named_event(body["type"], body)
