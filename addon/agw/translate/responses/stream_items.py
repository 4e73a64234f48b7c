"""The items of a Responses stream under way; each gives the bodies of its own events."""

from __future__ import annotations

from typing import Any, Protocol

from agw.translate.deltas import Grow
from agw.translate.neutral import Citation, Reasoning, Refusal, Seal, Text, ToolCall
from agw.translate.responses.items import ResponseObject, annotation, content_part

Body = dict[str, Any]


class Item(Protocol):
    def item(self) -> Body:
        """As it stands now."""


def _added(index: int, item: Body) -> Body:
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def _done(index: int, item: Body) -> Body:
    return {"type": "response.output_item.done", "output_index": index, "item": item}


class Message:
    def __init__(self, response: ResponseObject, index: int) -> None:
        self._response = response
        self._index = index
        self._words: list[Words] = []
        self._status = "in_progress"

    def item(self) -> Body:
        return self._response.message(self._index, [one.part() for one in self._words], self._status)

    def added(self) -> list[Body]:
        return [_added(self._index, self.item())]

    def words(self, part: Text | Refusal) -> Words:
        place = {
            "item_id": self._response.item_id("msg", self._index),
            "output_index": self._index,
            "content_index": len(self._words),
        }
        words = Words(part, place)
        self._words.append(words)
        return words

    def done(self, status: str) -> list[Body]:
        self._status = status
        return [_done(self._index, self.item())]


class Words:
    """One content part of a message: text or refusal."""

    def __init__(self, part: Text | Refusal, place: Body) -> None:
        self._kind = "refusal" if isinstance(part, Refusal) else "output_text"
        self._texts = [part.text] if part.text else []
        self._place = place
        self._citations: list[Citation] = []

    def part(self) -> Body:
        text = "".join(self._texts)
        return content_part(Refusal(text) if self._kind == "refusal" else Text(text, citations=tuple(self._citations)))

    def added(self) -> list[Body]:
        text = "".join(self._texts)
        empty = content_part(Refusal("") if self._kind == "refusal" else Text(""))
        bodies = [{"type": "response.content_part.added", **self._place, "part": empty}]
        return [*bodies, self._delta(text)] if text else bodies

    def _delta(self, text: str) -> Body:
        body = {"type": f"response.{self._kind}.delta", **self._place, "delta": text}
        return body if self._kind == "refusal" else {**body, "logprobs": []}

    def grow(self, delta: Grow) -> list[Body]:
        bodies = []
        if delta.text:
            self._texts.append(delta.text)
            bodies.append(self._delta(delta.text))
        if delta.citation is not None and self._kind == "output_text":
            self._citations.append(delta.citation)
            cited = {
                "type": "response.output_text.annotation.added",
                **self._place,
                "annotation_index": len(self._citations) - 1,
                "annotation": annotation(delta.citation, sum(map(len, self._texts))),
            }
            bodies.append(cited)
        return bodies

    def close(self) -> list[Body]:
        part = self.part()
        text = "".join(self._texts)
        done: Body = {"type": f"response.{self._kind}.done", **self._place}
        done.update({"refusal": text} if self._kind == "refusal" else {"text": text, "logprobs": []})
        return [done, {"type": "response.content_part.done", **self._place, "part": part}]


class ReasoningItem:
    """Told as a summary: that is what the official clients show."""

    def __init__(self, response: ResponseObject, index: int, part: Reasoning) -> None:
        self._response = response
        self._index = index
        self._texts: list[str] = []
        self._given = part.text
        self._seal: Seal | None = part.seal
        self._id = response.reasoning(index, part)["id"]

    def item(self) -> Body:
        part = Reasoning("".join(self._texts), self._seal)
        # The id was told before the seal that may bring its own.
        return {**self._response.reasoning(self._index, part), "id": self._id}

    def added(self) -> list[Body]:
        bodies = [_added(self._index, {"type": "reasoning", "id": self._id, "summary": []})]
        return [*bodies, *self.grow(Grow(0, self._given))]

    def _place(self) -> Body:
        return {"item_id": self._id, "output_index": self._index, "summary_index": 0}

    def grow(self, delta: Grow) -> list[Body]:
        bodies: list[Body] = []
        if delta.seal is not None:
            self._seal = delta.seal
        if delta.text:
            if not self._texts:
                empty = {"type": "summary_text", "text": ""}
                bodies.append({"type": "response.reasoning_summary_part.added", **self._place(), "part": empty})
            self._texts.append(delta.text)
            bodies.append({"type": "response.reasoning_summary_text.delta", **self._place(), "delta": delta.text})
        return bodies

    def close(self) -> list[Body]:
        bodies: list[Body] = []
        text = "".join(self._texts)
        if text:
            part = {"type": "summary_text", "text": text}
            bodies.append({"type": "response.reasoning_summary_text.done", **self._place(), "text": text})
            bodies.append({"type": "response.reasoning_summary_part.done", **self._place(), "part": part})
        return [*bodies, _done(self._index, self.item())]


class CallItem:
    def __init__(self, response: ResponseObject, index: int, part: ToolCall) -> None:
        self._response = response
        self._index = index
        self._call = part
        self._pieces = [part.arguments] if part.arguments else []
        self._status = "in_progress"
        self._kind = "custom_tool_call_input" if part.custom else "function_call_arguments"
        item_id = response.item_id("ctc" if part.custom else "fc", index)
        self._place = {"item_id": item_id, "output_index": index}

    def item(self) -> Body:
        call = self._call
        whole = ToolCall(call.id, call.name, "".join(self._pieces), custom=call.custom, seal=call.seal)
        return self._response.call(self._index, whole, status=self._status)

    def added(self) -> list[Body]:
        return [_added(self._index, self.item())]

    def grow(self, delta: Grow) -> list[Body]:
        if not delta.text:
            return []
        self._pieces.append(delta.text)
        return [{"type": f"response.{self._kind}.delta", **self._place, "delta": delta.text}]

    def close(self) -> list[Body]:
        self._status = "completed"
        item = self.item()
        key = "input" if self._call.custom else "arguments"
        done: Body = {"type": f"response.{self._kind}.done", **self._place, key: item[key]}
        return [{**done, "name": item["name"]} if key == "arguments" else done, _done(self._index, item)]
