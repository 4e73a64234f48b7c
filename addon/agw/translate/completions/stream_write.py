"""A stream in the words of Chat Completions: ``chat.completion.chunk`` events, the usage in a chunk of its own where
the client asked for it, ``[DONE]`` at the end. An error is an event with ``error``, and nothing follows it: the
official SDK raises it, and the stream must not look complete."""

from __future__ import annotations

from typing import Any

from agw.translate import failures, tools
from agw.translate.base import Losses
from agw.translate.completions import reasoning
from agw.translate.completions.answer_write import image, reason_of, url_citations
from agw.translate.completions.usage import write_usage
from agw.translate.deltas import Counted, Delta, End, Failed, Finish, Grow, Open, Start
from agw.translate.neutral import Image, Part, Reasoning, Refusal, Request, Text, ToolCall
from agw.translate.writing import compact, data_event, new_id, now_s
from agw.usage import Usage


class CompletionsStreamWriter:
    def __init__(self, asked: Request, losses: Losses) -> None:
        self._asked = asked
        self._losses = losses
        self._head = ""
        self._usage: Usage | None = None
        self._failed = False
        self._blocks: dict[int, _Block] = {}
        self._choices: dict[int, _Choice] = {}

    def write(self, delta: Delta) -> list[bytes]:
        if isinstance(delta, Grow):
            return self._grow(delta)
        if isinstance(delta, Open):
            return self._open(delta)
        if isinstance(delta, Finish):
            choice = self._choice(delta.choice)
            reason = reason_of(delta.stop, refused=choice.refused)
            return [*choice.begun(self), self._chunk(delta.choice, {}, reason)]
        if isinstance(delta, Start):
            return self._start(delta)
        if isinstance(delta, Counted):
            self._usage = delta.usage
        elif isinstance(delta, Failed):
            self._failed = True
            return [data_event(failures.openai_error(delta.failure))]
        elif isinstance(delta, End) and not self._failed:
            return self._end()
        return []

    def _start(self, start: Start) -> list[bytes]:
        head: dict[str, Any] = {
            "id": start.id or new_id("chatcmpl-"),
            "object": "chat.completion.chunk",
            "created": start.created if start.created is not None else now_s(),
            "model": start.model or self._asked.model,
        }
        if start.service_tier is not None:
            head["service_tier"] = start.service_tier
        # Written once: most of a stream's bytes are the same in every chunk.
        self._head = compact(head)[:-1]
        self._usage = start.usage
        return []

    def _chunk(self, choice: int, delta: dict[str, Any], reason: str | None = None) -> bytes:
        said = "null" if reason is None else f'"{reason}"'
        usage = ',"usage":null' if self._asked.include_usage else ""
        text = (
            f'data: {self._head},"choices":[{{"index":{choice},"delta":{compact(delta)},"logprobs":null,'
            f'"finish_reason":{said}}}]{usage}}}\n\n'
        )
        return text.encode("utf-8", "surrogatepass")

    def _choice(self, index: int) -> _Choice:
        choice = self._choices.get(index)
        if choice is None:
            choice = self._choices[index] = _Choice(index)
        return choice

    def _open(self, delta: Open) -> list[bytes]:
        choice = self._choice(delta.choice)
        written = choice.begun(self)
        block = self._blocks[delta.block] = _Block(delta.part, choice)
        part = delta.part
        if isinstance(part, ToolCall):
            block.tool = choice.tools
            choice.tools += 1
            written.append(self._chunk(choice.index, {"tool_calls": [block.call(part)]}))
        elif isinstance(part, Image):
            written.append(self._chunk(choice.index, {"images": [{**image(part), "index": choice.images}]}))
            choice.images += 1
        elif isinstance(part, Text | Refusal | Reasoning):
            choice.refused = choice.refused or isinstance(part, Refusal)
            if part.text:
                written.extend(self._grow(Grow(delta.block, part.text)))
            if isinstance(part, Reasoning) and part.seal is not None:
                written.extend(self._grow(Grow(delta.block, seal=part.seal)))
        else:
            self._losses.add(f"answer.{type(part).__name__.lower()}")
        return written

    def _grow(self, delta: Grow) -> list[bytes]:
        block = self._blocks.get(delta.block)
        if block is None:
            return []
        choice, part, written = block.choice, block.part, []
        if delta.text:
            written.append(self._chunk(choice.index, block.piece(delta.text)))
        if delta.seal is not None and isinstance(part, Reasoning):
            details = reasoning.details_of(Reasoning("".join(block.texts), delta.seal), choice.details)
            if details:
                choice.details += len(details)
                written.append(self._chunk(choice.index, {"reasoning_details": details}))
        if delta.citation is not None:
            (cited,) = url_citations([delta.citation], block.before, choice.length - block.before)
            written.append(self._chunk(choice.index, {"annotations": [{**cited, "index": choice.citations}]}))
            choice.citations += 1
        return written

    def _end(self) -> list[bytes]:
        written = []
        if self._asked.include_usage and self._usage is not None:
            text = f'data: {self._head},"choices":[],"usage":{compact(write_usage(self._usage))}}}\n\n'
            written.append(text.encode())
        return [*written, b"data: [DONE]\n\n"]


class _Choice:
    __slots__ = ("_begun", "citations", "details", "images", "index", "length", "refused", "tools")

    def __init__(self, index: int) -> None:
        self.index = index
        # SDKs put the pieces of every list together by an index.
        self.tools = self.details = self.citations = self.images = 0
        self.length = 0
        """Characters of text so far: where citations count from."""
        self.refused = False
        self._begun = False

    def begun(self, writer: CompletionsStreamWriter) -> list[bytes]:
        """The chunk that tells the role, before the first other one."""
        if self._begun:
            return []
        self._begun = True
        return [writer._chunk(self.index, {"role": "assistant", "content": "", "refusal": None})]


class _Block:
    __slots__ = ("before", "choice", "part", "texts", "tool")

    def __init__(self, part: Part, choice: _Choice) -> None:
        self.part = part
        self.choice = choice
        self.before = choice.length
        self.tool = 0
        # Only reasoning is kept: its seal tells the text again.
        self.texts: list[str] = []

    def call(self, part: ToolCall) -> dict[str, Any]:
        kind, inner = ("custom", "input") if part.custom else ("function", "arguments")
        named = {"name": part.name, inner: part.arguments}
        return {"index": self.tool, "id": tools.sealed_id(part), "type": kind, kind: named}

    def piece(self, text: str) -> dict[str, Any]:
        part = self.part
        if isinstance(part, Text):
            self.choice.length += len(text)
            return {"content": text}
        if isinstance(part, ToolCall):
            inner = {"custom": {"input": text}} if part.custom else {"function": {"arguments": text}}
            return {"tool_calls": [{"index": self.tool, **inner}]}
        if isinstance(part, Reasoning):
            self.texts.append(text)
            return {"reasoning_content": text}
        return {"refusal": text}
