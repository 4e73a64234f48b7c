"""ConverseStream, read. Blocks have numbers of their own; only tool calls are announced, a text or a thought begins
with its first piece. ``metadata`` with the usage comes last, after ``messageStop``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.formats.converse import error_of
from agw.streaming.sse import SseEvent
from agw.translate import failures, reading, tools
from agw.translate.base import Losses
from agw.translate.blocks import Blocks, Call
from agw.translate.converse.answer_read import citation_of, seal_of, stop_of
from agw.translate.converse.errors import read_exception
from agw.translate.converse.request_write import names_of
from agw.translate.deltas import Close, Counted, Delta, End, Failed, Finish, Grow, Open, Start
from agw.translate.neutral import Reasoning, Request, Text, ToolCall
from agw.usage.extract import CONVERSE, usage_from

_MOST_BLOCKS = 10_000


class ConverseStreamReader:
    def __init__(self, asked: Request, losses: Losses) -> None:
        self._names = names_of(asked)
        self._custom = tools.custom_names(asked)
        self._losses = losses
        self._blocks = Blocks()
        self._open: dict[int, Open | Call] = {}
        self._started = False
        self._finished = False
        self._ended = False

    def feed(self, event: SseEvent) -> list[Delta]:
        if self._ended or (body := reading.event_body(event)) is None:
            return []
        deltas: list[Delta] = [] if self._started else [Start()]
        self._started = True
        name = event.name
        if name == "contentBlockDelta":
            self._delta(body, deltas)
        elif name == "contentBlockStart":
            self._begin(body, deltas)
        elif name == "contentBlockStop":
            self._close(reading.integer(body, "contentBlockIndex") or 0, deltas)
        elif name == "messageStop":
            self._stop(body, deltas)
        elif name == "metadata":
            if (usage := usage_from(body.get("usage"), CONVERSE)) is not None:
                deltas.append(Counted(usage))
        elif name != "messageStart" and (error := error_of(body)) is not None:
            self._ended = True
            self._close_all(deltas)
            deltas += [Failed(read_exception(name, error[1])), End()]
        return deltas

    def end(self) -> list[Delta]:
        if self._ended:
            return []
        self._ended = True
        deltas: list[Delta] = [] if self._started else [Start()]
        self._close_all(deltas)
        if not self._finished:
            deltas.append(Failed(failures.CUT_OFF))
        return [*deltas, End()]

    def _stop(self, body: Mapping[str, Any], deltas: list[Delta]) -> None:
        self._close_all(deltas)
        if not self._finished:
            self._finished = True
            more = reading.mapping(body, "additionalModelResponseFields")
            stop = stop_of(reading.string(body, "stopReason"), self._losses)
            deltas.append(Finish(stop, reading.string(more, "stop_sequence")))

    def _begin(self, body: Mapping[str, Any], deltas: list[Delta]) -> None:
        index = reading.integer(body, "contentBlockIndex") or 0
        start = reading.mapping(body, "start")
        call = reading.mapping(start, "toolUse")
        if not call:
            for kind in start:
                self._losses.add(f"answer.{kind}")
            return
        self._close(index, deltas)
        if self._finished or len(self._open) >= _MOST_BLOCKS:
            return
        name = self._names.client(reading.string(call, "name") or "")
        made = ToolCall(reading.string(call, "toolUseId") or f"call_{name}", name, "", custom=name in self._custom)
        self._open[index], opened = self._blocks.call(made)
        deltas.append(opened)

    def _delta(self, body: Mapping[str, Any], deltas: list[Delta]) -> None:
        index = reading.integer(body, "contentBlockIndex") or 0
        delta = reading.mapping(body, "delta")
        kept = self._open.get(index)
        if isinstance(text := delta.get("text"), str):
            self._grow(index, Text(""), Grow(0, text), deltas)
        elif isinstance(kept, Call):
            deltas.extend(self._blocks.grow(kept, reading.string(reading.mapping(delta, "toolUse"), "input") or ""))
        elif thought := reading.mapping(delta, "reasoningContent"):
            grown = Grow(0, reading.string(thought, "text") or "", seal=seal_of(thought))
            if grown.text or grown.seal is not None:
                self._grow(index, Reasoning(""), grown, deltas)
        elif (cited := citation_of(reading.mapping(delta, "citation"))) is not None:
            self._grow(index, Text(""), Grow(0, citation=cited), deltas)
        else:
            for kind in delta:
                self._losses.add(f"answer.{kind}")

    def _grow(self, index: int, part: Text | Reasoning, grown: Grow, deltas: list[Delta]) -> None:
        if self._finished:
            return
        kept = self._open.get(index)
        if not isinstance(kept, Open) or type(kept.part) is not type(part):
            self._close(index, deltas)
            if len(self._open) >= _MOST_BLOCKS:
                return
            kept = self._open[index] = self._blocks.open(part)
            deltas.append(kept)
        deltas.append(Grow(kept.block, grown.text, grown.seal, grown.citation))

    def _close(self, index: int, deltas: list[Delta]) -> None:
        kept = self._open.pop(index, None)
        if isinstance(kept, Call):
            deltas.extend(self._blocks.close([kept]))
        elif kept is not None:
            deltas.append(Close(kept.block))

    def _close_all(self, deltas: list[Delta]) -> None:
        for index in list(self._open):
            self._close(index, deltas)
