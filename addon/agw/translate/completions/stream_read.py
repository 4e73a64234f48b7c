"""A Chat Completions stream, read.

This format has no blocks: a block ends where a piece of another kind begins, a tool call where its arguments are
whole, and everything where the choice says its ``finish_reason``. Pieces of parallel calls may be mixed. The stream is
complete with ``[DONE]``, or, for servers that do not send it, once every choice has finished.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.formats.completions import usage_of
from agw.streaming.sse import SseEvent
from agw.translate import failures, reading, tools
from agw.translate.base import Losses
from agw.translate.blocks import Blocks, Call
from agw.translate.completions import reasoning
from agw.translate.completions.answer_read import citations, stop_of
from agw.translate.deltas import Close, Counted, Delta, End, Failed, Finish, Grow, Start
from agw.translate.neutral import Failure, Reasoning, Refusal, Request, Stop, Text, ToolCall
from agw.translate.writing import compact


class CompletionsStreamReader:
    def __init__(self, asked: Request, losses: Losses) -> None:
        self._custom = tools.custom_names(asked)
        self._losses = losses
        self._blocks = Blocks()
        self._choices: dict[int, _Choice] = {}
        self._started = self._ended = False

    def feed(self, event: SseEvent) -> list[Delta]:
        if self._ended:
            return []
        if event.data.strip() == "[DONE]":
            return self._complete() if self._choices else self.end()
        body = reading.event_body(event)
        if body is None:
            return []
        if body.get("error") or event.name == "error":
            return self._failed(failures.read_error(None, body))
        choices = reading.objects(body, "choices")
        if not choices and not self._started and not body.get("id"):
            # Azure begins with a chunk that tells only what its filters found.
            return []
        deltas = self._start(body)
        for choice in choices:
            deltas.extend(self._choice(choice))
        if (usage := usage_of(body)) is not None:
            deltas.append(Counted(usage))
        return deltas

    def end(self) -> list[Delta]:
        if self._ended:
            return []
        if self._choices and all(choice.finished for choice in self._choices.values()):
            return self._complete()
        closed = [delta for choice in self._choices.values() for delta in choice.close()]
        return [*closed, *self._failed(failures.CUT_OFF)]

    def _start(self, body: Mapping[str, Any]) -> list[Delta]:
        if self._started:
            return []
        self._started = True
        return [
            Start(
                id=reading.string(body, "id"),
                model=reading.string(body, "model"),
                created=reading.integer(body, "created"),
                service_tier=reading.string(body, "service_tier"),
            )
        ]

    def _choice(self, choice: Mapping[str, Any]) -> list[Delta]:
        index = reading.integer(choice, "index") or 0
        kept = self._choices.get(index)
        if kept is None:
            kept = self._choices[index] = _Choice(index, self._blocks, self._custom)
        if kept.finished:
            return []
        delta = reading.mapping(choice, "delta")
        for lost in ("audio", "images"):
            if delta.get(lost):
                self._losses.add(f"answer.{lost}")
        deltas = kept.feed(delta)
        if isinstance(reason := choice.get("finish_reason"), str) and reason:
            deltas.extend(kept.finish(reason))
        return deltas

    def _complete(self) -> list[Delta]:
        self._ended = True
        rest = [delta for one in self._choices.values() if not one.finished for delta in one.finish("stop")]
        return [*rest, End()]

    def _failed(self, failure: Failure) -> list[Delta]:
        started = self._start({})
        self._ended = True
        return [*started, Failed(failure), End()]


class _Choice:
    """One choice under way: at most one block of text, reasoning or refusal is open, beside any number of calls."""

    def __init__(self, index: int, blocks: Blocks, custom: frozenset[str]) -> None:
        self.finished = False
        self._index = index
        self._blocks = blocks
        self._custom = custom
        self._kind: type[Text | Reasoning | Refusal] | None = None
        self._block = 0
        self._details = reasoning.Details()
        self._calls: dict[int, Call] = {}
        self._called = self._refused = self._plain = False
        self._sealed = True
        """Its thoughts may be sent back."""

    def feed(self, delta: Mapping[str, Any]) -> list[Delta]:
        deltas: list[Delta] = []
        details = delta.get("reasoning_details")
        thought = reasoning.text_of(delta)
        if details or thought:
            pieces = reading.objects(delta, "reasoning_details")
            self._plain = self._plain or thought is not None
            # Where both tell the thoughts, details only repeat them.
            self._say(Reasoning, thought or ("" if self._plain else reasoning.joined(pieces)), deltas)
            self._details.add(pieces)
        content = delta.get("content")
        if content and isinstance(content, str):
            self._say(Text, content, deltas)
        elif content and isinstance(content, list):
            for piece in reasoning.pieces_of(content):
                self._say(type(piece), piece.text, deltas)
                self._sealed = self._sealed and isinstance(piece, Text)
        refusal = delta.get("refusal")
        if refusal and isinstance(refusal, str):
            self._refused = True
            self._say(Refusal, refusal, deltas)
        if delta.get("annotations"):
            for citation in citations(reading.objects(delta, "annotations")):
                self._say(Text, "", deltas)
                deltas.append(Grow(self._block, citation=citation))
        if delta.get("tool_calls"):
            for call in reading.objects(delta, "tool_calls"):
                self._call(call, deltas)
        legacy = reading.mapping(delta, "function_call")
        if legacy:
            self._call({"index": 0, "function": legacy}, deltas)
        return deltas

    def _say(self, kind: type[Text | Reasoning | Refusal], text: str, deltas: list[Delta]) -> None:
        if self._kind is not kind:
            self._close_text(deltas)
            self._close_calls(deltas, whole_only=True)
            opened = self._blocks.open(kind(""), self._index)
            self._kind, self._block = kind, opened.block
            deltas.append(opened)
        if text:
            deltas.append(Grow(self._block, text))

    def _call(self, call: Mapping[str, Any], deltas: list[Delta]) -> None:
        custom = reading.mapping(call, "custom")
        function = custom or reading.mapping(call, "function")
        call_id, name = reading.string(call, "id"), reading.string(function, "name")
        index = reading.integer(call, "index")
        if index is None:
            index = len(self._calls) if call_id or not self._calls else max(self._calls)
        kept = self._calls.get(index)
        # Some servers give every parallel call the index 0; a new id with a name is a new call.
        if kept is not None and name and call_id and call_id != kept.id:
            index = max(self._calls) + 1
            kept = None
        if kept is None:
            self._close_text(deltas)
            self._close_calls(deltas, whole_only=True)
            self._called = True
            asked = ToolCall(call_id or f"call_{name}", name or "", "", custom=bool(custom) or name in self._custom)
            kept, opened = self._blocks.call(asked, self._index)
            self._calls[index] = kept
            deltas.append(opened)
        arguments = function.get("input" if custom else "arguments")
        if arguments is not None and arguments != "":
            deltas.extend(self._blocks.grow(kept, arguments if isinstance(arguments, str) else compact(arguments)))

    def _close_text(self, deltas: list[Delta]) -> None:
        if self._kind is None:
            return
        if self._kind is Reasoning:
            if self._sealed:
                deltas.append(Grow(self._block, seal=reasoning.sealed(self._details.entries())))
            self._details = reasoning.Details()
        deltas.append(Close(self._block))
        self._kind = None

    def _close_calls(self, deltas: list[Delta], *, whole_only: bool) -> None:
        open_calls = [call for call in self._calls.values() if not call.closed]
        deltas.extend(self._blocks.close(call for call in open_calls if not whole_only or call.whole()))

    def close(self) -> list[Delta]:
        deltas: list[Delta] = []
        self._close_text(deltas)
        self._close_calls(deltas, whole_only=False)
        return deltas

    def finish(self, reason: str) -> list[Delta]:
        deltas = self.close()
        self.finished = True
        stop: Stop = stop_of(reason, called=self._called, refused=self._refused)
        return [*deltas, Finish(stop, choice=self._index)]
