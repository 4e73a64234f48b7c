"""Answers of the translation's in-between as the deltas that a stream would bring, cut as one likes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from agw.translate.deltas import Close, Counted, Delta, End, Finish, Grow, Open, Start
from agw.translate.neutral import Answer, Part, Reasoning, Refusal, Text, ToolCall


def deltas_of(answer: Answer, cut: Callable[[str], list[str]]) -> Iterator[Delta]:
    """``cut`` says into which pieces each text comes."""
    yield Start(answer.id, answer.model, answer.created, None, answer.service_tier)
    block = 0
    for index, choice in enumerate(answer.choices):
        for part in choice.parts:
            yield Open(block, _empty(part), index)
            text = part.arguments if isinstance(part, ToolCall) else getattr(part, "text", "")
            yield from (Grow(block, piece) for piece in cut(text) if piece)
            if isinstance(part, Reasoning) and part.seal is not None and not part.seal.redacted:
                yield Grow(block, seal=part.seal)
            if isinstance(part, Text):
                yield from (Grow(block, citation=one) for one in part.citations)
            yield Close(block)
            block += 1
        yield Finish(choice.stop, choice.stop_sequence, index)
    if answer.usage is not None:
        yield Counted(answer.usage)
    yield End()


def _empty(part: Part) -> Part:
    if isinstance(part, ToolCall):
        return ToolCall(part.id, part.name, "", custom=part.custom, seal=part.seal)
    if isinstance(part, Reasoning):
        return Reasoning("", part.seal if part.seal is not None and part.seal.redacted else None)
    return Refusal("") if isinstance(part, Refusal) else Text("")
