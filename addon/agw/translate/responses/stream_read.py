"""A Responses stream, read (https://platform.openai.com/docs/api-reference/responses-streaming).

A part is known by the place of its item and its own place in it. The stream is complete with ``response.completed`` or
``response.incomplete``; what a server tells only with ``done`` events is taken from those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agw.streaming.sse import SseEvent
from agw.translate import failures, reading
from agw.translate.base import Losses
from agw.translate.blocks import Blocks, Call
from agw.translate.deltas import Close, Counted, Delta, End, Failed, Finish, Grow, Start
from agw.translate.neutral import Failure, Reasoning, Refusal, Request, Text
from agw.translate.responses.answer_read import CALLS, call, citation, failure_of, seal_of, stop_of
from agw.translate.responses.input_read import reasoning_text
from agw.usage.extract import OPENAI_RESPONSES, usage_from

_WHOLE = "response.completed", "response.incomplete"


class ResponsesStreamReader:
    def __init__(self, asked: Request, losses: Losses) -> None:
        self._losses = losses
        self._blocks = Blocks()
        self._texts: dict[tuple[int, int], _Said] = {}
        """Open parts of messages, by the places of item and part."""
        self._thoughts: dict[int, _Said] = {}
        self._calls: dict[int, Call] = {}
        self._called = self._refused = self._started = self._ended = False

    def feed(self, event: SseEvent) -> list[Delta]:
        if self._ended:
            return []
        body = reading.event_body(event)
        if body is None:
            return []
        kind = body.get("type") or event.name
        if not isinstance(kind, str):
            return []
        match kind.removeprefix("response."):
            case "output_text.delta" | "refusal.delta":
                return self._said(body, refusal=kind == "response.refusal.delta")
            case "function_call_arguments.delta" | "custom_tool_call_input.delta":
                found = self._calls.get(_place(body))
                return Blocks.grow(found, reading.string(body, "delta") or "") if found else []
            case "reasoning_summary_text.delta":
                return self._thought(body, summary=True)
            case "reasoning_text.delta":
                return self._thought(body, summary=False)
            case "output_text.annotation.added":
                cited = citation(reading.mapping(body, "annotation"))
                said = self._texts.get(_places(body))
                return [Grow(said.block, citation=cited)] if said and cited else []
            case "output_item.added":
                return self._item(body)
            case "content_part.added":
                part = reading.mapping(body, "part")
                return self._part(body, refusal=part.get("type") == "refusal")[1]
            case "content_part.done":
                return self._part_done(body)
            case "output_item.done":
                return self._item_done(body)
            case "created" | "in_progress" | "queued":
                return self._start(reading.mapping(body, "response"))
            case "completed" | "incomplete" | "failed" | "cancelled":
                return self._complete(kind, reading.mapping(body, "response"))
            case "error":
                return self._failed(failures.read_error(None, body))
        return []

    def end(self) -> list[Delta]:
        return [] if self._ended else [*self._close_all(), *self._failed(failures.CUT_OFF)]

    def _start(self, response: Mapping[str, Any]) -> list[Delta]:
        if self._started:
            return []
        self._started = True
        return [
            Start(
                id=reading.string(response, "id"),
                model=reading.string(response, "model"),
                created=reading.integer(response, "created_at"),
                service_tier=reading.string(response, "service_tier"),
            )
        ]

    def _item(self, body: Mapping[str, Any]) -> list[Delta]:
        item, place = reading.mapping(body, "item"), _place(body)
        kind = item.get("type")
        deltas = self._start({})
        if kind in CALLS and place not in self._calls:
            self._called = True
            asked = replace(call(item), arguments="")
            self._calls[place], opened = self._blocks.call(asked, native=True)
            deltas.append(opened)
        elif kind == "reasoning" and place not in self._thoughts:
            opened = self._blocks.open(Reasoning(""))
            self._thoughts[place] = _Said(opened.block)
            deltas.append(opened)
        elif kind not in (*CALLS, "reasoning", "message"):
            self._losses.add(f"answer.{kind}"[:60])
        return deltas

    def _part(self, body: Mapping[str, Any], *, refusal: bool) -> tuple[_Said, list[Delta]]:
        """The open part at a place, and what opens it where it is new."""
        places = _places(body)
        said = self._texts.get(places)
        if said is not None:
            return said, []
        deltas = self._start({})
        self._refused = self._refused or refusal
        opened = self._blocks.open(Refusal("") if refusal else Text(""))
        said = self._texts[places] = _Said(opened.block)
        return said, [*deltas, opened]

    def _said(self, body: Mapping[str, Any], *, refusal: bool) -> list[Delta]:
        text = reading.string(body, "delta")
        if not text:
            return []
        said, deltas = self._part(body, refusal=refusal)
        said.grown = True
        return [*deltas, Grow(said.block, text)]

    def _part_done(self, body: Mapping[str, Any]) -> list[Delta]:
        part = reading.mapping(body, "part")
        text = reading.string(part, "text") or reading.string(part, "refusal")
        said, deltas = self._part(body, refusal=part.get("type") == "refusal")
        if text and not said.grown:
            deltas.append(Grow(said.block, text))
        del self._texts[_places(body)]
        return [*deltas, Close(said.block)]

    def _thought(self, body: Mapping[str, Any], *, summary: bool) -> list[Delta]:
        said, text = self._thoughts.get(_place(body)), reading.string(body, "delta")
        if said is None or not text or (said.summary and not summary):
            return []
        # Parts of a summary are paragraphs.
        part = (reading.integer(body, "summary_index", "content_index") or 0) + 1
        between = "\n\n" if said.grown and part != said.part else ""
        said.grown, said.summary, said.part = True, summary, part
        return [Grow(said.block, between + text)]

    def _item_done(self, body: Mapping[str, Any]) -> list[Delta]:
        item, place = reading.mapping(body, "item"), _place(body)
        deltas: list[Delta] = []
        if item.get("type") in CALLS:
            if place not in self._calls:
                deltas.extend(self._item(body))
            whole = call(item).arguments
            deltas.extend(Blocks.close([self._calls[place]], whole))
        elif item.get("type") == "reasoning":
            if place not in self._thoughts:
                deltas.extend(self._item(body))
            said = self._thoughts[place]
            if not said.closed:
                if not said.grown and (text := reasoning_text(item)):
                    deltas.append(Grow(said.block, text))
                if (seal := seal_of(item)) is not None:
                    deltas.append(Grow(said.block, seal=seal))
                said.closed = True
                deltas.append(Close(said.block))
        return deltas

    def _close_all(self) -> list[Delta]:
        deltas: list[Delta] = [Close(said.block) for said in self._texts.values()]
        deltas.extend(Close(said.block) for said in self._thoughts.values() if not said.closed)
        self._texts.clear()
        self._thoughts.clear()
        return [*deltas, *Blocks.close(self._calls.values())]

    def _complete(self, kind: str, response: Mapping[str, Any]) -> list[Delta]:
        deltas = [*self._start(response), *self._close_all()]
        if (usage := usage_from(response.get("usage"), OPENAI_RESPONSES)) is not None:
            deltas.append(Counted(usage))
        if kind not in _WHOLE:
            return [*deltas, *self._failed(failure_of({"status": "failed", **response}) or failures.CUT_OFF)]
        self._ended = True
        status = {**response, "status": kind.removeprefix("response.")}
        return [*deltas, Finish(stop_of(status, called=self._called, refused=self._refused)), End()]

    def _failed(self, failure: Failure) -> list[Delta]:
        started = self._start({})
        self._ended = True
        return [*started, Failed(failure), End()]


class _Said:
    """An open block of words; ``part`` counts a summary's parts from 1."""

    __slots__ = ("block", "closed", "grown", "part", "summary")

    def __init__(self, block: int) -> None:
        self.block = block
        self.part = 0
        self.closed = self.grown = self.summary = False


def _place(body: Mapping[str, Any]) -> int:
    return reading.integer(body, "output_index") or 0


def _places(body: Mapping[str, Any]) -> tuple[int, int]:
    return _place(body), reading.integer(body, "content_index") or 0
