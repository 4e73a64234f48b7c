"""An Anthropic Messages stream, read (https://docs.claude.com/en/docs/build-with-claude/streaming)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.streaming.sse import SseEvent
from agw.translate import failures, reading, tools
from agw.translate.base import Losses
from agw.translate.blocks import Blocks, Call
from agw.translate.deltas import Close, Counted, Delta, End, Failed, Finish, Grow, Start
from agw.translate.messages.answer_read import citation, explanation_of, stop_of
from agw.translate.neutral import Failure, Maker, Part, Reasoning, Refusal, Request, Seal, Text, ToolCall
from agw.translate.writing import compact
from agw.usage.extract import ANTHROPIC, usage_from


class MessagesStreamReader:
    """Blocks come by index and one at a time; those of Anthropic's own tools are passed over."""

    def __init__(self, asked: Request, losses: Losses) -> None:
        self._custom = tools.custom_names(asked)
        self._losses = losses
        self._blocks = Blocks()
        self._open: dict[int, _Block] = {}
        self._usage: dict[str, Any] = {}
        self._started = self._finished = self._ended = False

    def feed(self, event: SseEvent) -> list[Delta]:
        if self._ended:
            return []
        body = reading.event_body(event)
        if body is None:
            return []
        match body.get("type") or event.name:
            case "content_block_delta":
                block = self._open.get(reading.integer(body, "index") or 0)
                return [] if block is None else self._delta(block, reading.mapping(body, "delta"))
            case "content_block_start":
                return self._begin(body)
            case "content_block_stop":
                block = self._open.pop(reading.integer(body, "index") or 0, None)
                return [] if block is None else block.close()
            case "message_start":
                return self._start(reading.mapping(body, "message"))
            case "message_delta":
                return self._message_delta(body)
            case "message_stop":
                return self._complete()
            case "error":
                return self._failed(failures.read_error(None, body))
        return []

    def end(self) -> list[Delta]:
        if self._ended:
            return []
        if self._finished:
            return self._complete()
        return [*self._close_all(), *self._failed(failures.CUT_OFF)]

    def _start(self, message: Mapping[str, Any]) -> list[Delta]:
        if self._started:
            return []
        self._started = True
        self._usage = dict(reading.mapping(message, "usage"))
        usage = usage_from(self._usage, ANTHROPIC)
        return [Start(id=reading.string(message, "id"), model=reading.string(message, "model"), usage=usage)]

    def _begin(self, body: Mapping[str, Any]) -> list[Delta]:
        given = reading.mapping(body, "content_block")
        part: Part
        match given.get("type"):
            case "text":
                part = Text(reading.string(given, "text") or "")
            case "thinking":
                part = Reasoning(reading.string(given, "thinking") or "")
            case "redacted_thinking":
                part = Reasoning("", Seal(Maker.ANTHROPIC, reading.string(given, "data") or "", redacted=True))
            case "tool_use":
                name = reading.string(given, "name") or ""
                call_id = reading.string(given, "id") or f"call_{name}"
                part = ToolCall(call_id, name, "", custom=name in self._custom)
            case kind:
                self._losses.add(f"answer.{kind}"[:60])
                return []
        started = self._start({})
        if isinstance(part, ToolCall):
            call, opened = self._blocks.call(part)
            block = _Block(call.block, call, reading.mapping(given, "input"))
        else:
            opened = self._blocks.open(part)
            block = _Block(opened.block)
        self._open[reading.integer(body, "index") or 0] = block
        return [*started, opened]

    def _delta(self, block: _Block, delta: Mapping[str, Any]) -> list[Delta]:
        match delta.get("type"):
            case "text_delta":
                text = reading.string(delta, "text")
            case "input_json_delta":
                text = reading.string(delta, "partial_json")
                return self._blocks.grow(block.call, text or "") if block.call else []
            case "thinking_delta":
                text = reading.string(delta, "thinking")
            case "signature_delta":
                signature = reading.string(delta, "signature")
                return [Grow(block.number, seal=Seal(Maker.ANTHROPIC, signature))] if signature else []
            case "citations_delta":
                cited = citation(reading.mapping(delta, "citation"), self._losses)
                return [Grow(block.number, citation=cited)] if cited else []
            case _:
                return []
        return [Grow(block.number, text)] if text and not block.call else []

    def _message_delta(self, body: Mapping[str, Any]) -> list[Delta]:
        deltas = self._start({})
        # Totals so far; what a delta leaves null, the start has told.
        reported = reading.mapping(body, "usage")
        self._usage.update({key: value for key, value in reported.items() if value is not None})
        if (usage := usage_from(self._usage, ANTHROPIC)) is not None:
            deltas.append(Counted(usage))
        delta = reading.mapping(body, "delta")
        if delta.get("stop_reason") is not None and not self._finished:
            self._finished = True
            deltas.extend(self._close_all())
            if why := explanation_of(delta):
                opened = self._blocks.open(Refusal(""))
                deltas += [opened, Grow(opened.block, why), Close(opened.block)]
            deltas.append(Finish(stop_of(delta["stop_reason"]), reading.string(delta, "stop_sequence")))
        return deltas

    def _close_all(self) -> list[Delta]:
        deltas = [delta for block in self._open.values() for delta in block.close()]
        self._open.clear()
        return deltas

    def _complete(self) -> list[Delta]:
        if not self._finished:
            return self.end()
        self._ended = True
        return [End()]

    def _failed(self, failure: Failure) -> list[Delta]:
        started = self._start({})
        self._ended = True
        return [*started, Failed(failure), End()]


class _Block:
    """An open block; ``given`` are arguments that came with a tool call's start instead of in pieces."""

    __slots__ = ("call", "given", "number")

    def __init__(self, number: int, call: Call | None = None, given: Mapping[str, Any] | None = None) -> None:
        self.number = number
        self.call = call
        self.given = given

    def close(self) -> list[Delta]:
        if self.call is None:
            return [Close(self.number)]
        return Blocks.close([self.call], compact(self.given or {}))
