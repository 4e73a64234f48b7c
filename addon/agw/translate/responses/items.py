"""The objects that a whole Responses answer and its stream have in common: the response and its output items."""

from __future__ import annotations

from typing import Any

from agw.translate import reading, seals, tools
from agw.translate.neutral import Citation, Failure, Maker, Reasoning, Refusal, Request, Stop, Text, ToolCall
from agw.translate.openai_tools import NAMESPACE
from agw.translate.responses.errors import inner_error
from agw.translate.responses.usage import write_usage
from agw.translate.writing import new_id, now_s
from agw.usage import Usage

_ECHOED: dict[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "temperature": None,
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
    "truncation": "disabled",
    "user": None,
}
"""What a response repeats of its request, with OpenAI's own defaults."""
_INCOMPLETE = {
    Stop.LENGTH: "max_output_tokens",
    Stop.CONTEXT: "max_output_tokens",
    Stop.FILTER: "content_filter",
    Stop.REFUSAL: "content_filter",
}


def incomplete_reason(stop: Stop, *, refused: bool) -> str | None:
    """Why the response is incomplete; None for one that is complete. A refusal that says something is complete."""
    return None if stop is Stop.REFUSAL and refused else _INCOMPLETE.get(stop)


class ResponseObject:
    """The response of one answer, whose head stays the same in every event that tells it."""

    def __init__(
        self, asked: Request, *, answer_id: str | None, model: str | None, created: int | None, tier: str | None
    ) -> None:
        self.id = answer_id or new_id("resp_")
        echo = asked.echo
        self._head: dict[str, Any] = {
            "id": self.id,
            "object": "response",
            "created_at": created if created is not None else now_s(),
            "model": model or asked.model,
            "background": False,
            "previous_response_id": None,
            "store": False,
            "reasoning": {"effort": None, "summary": None, **reading.mapping(echo, "reasoning")},
            "text": {"format": {"type": "text"}, **reading.mapping(echo, "text")},
            **{key: default if echo.get(key) is None else echo[key] for key, default in _ECHOED.items()},
        }
        if tier is not None:
            self._head["service_tier"] = tier
        self._namespaces = {
            f"{tool.get('name')}{NAMESPACE}{inner.get('name')}": (tool.get("name"), inner.get("name"))
            for tool in reading.objects(echo, "tools")
            if tool.get("type") == "namespace"
            for inner in reading.objects(tool, "tools")
        }

    def item_id(self, kind: str, index: int) -> str:
        """Ids of items are ours: other formats have none. They are the same in a stream and in a whole answer."""
        return f"{kind}_{self.id.removeprefix('resp_')}_{index}"

    def whole(
        self,
        status: str,
        output: list[dict[str, Any]],
        usage: Usage | None = None,
        *,
        incomplete: str | None = None,
        failure: Failure | None = None,
    ) -> dict[str, Any]:
        return {
            **self._head,
            "status": status,
            "output": output,
            "error": None if failure is None else inner_error(failure),
            "incomplete_details": None if incomplete is None else {"reason": incomplete},
            "usage": None if usage is None else write_usage(usage),
        }

    def reasoning(self, index: int, part: Reasoning) -> dict[str, Any]:
        seal = part.seal
        own_id = seal.id if seal is not None and seal.maker is Maker.OPENAI else None
        item: dict[str, Any] = {
            "type": "reasoning",
            "id": own_id or self.item_id("rs", index),
            "summary": [{"type": "summary_text", "text": part.text}] if part.text else [],
        }
        if seal is not None:
            item["encrypted_content"] = seals.wrap(seal, Maker.OPENAI)
        return item

    def call(self, index: int, part: ToolCall, *, status: str = "completed") -> dict[str, Any]:
        namespace, name = self._namespaces.get(part.name, (None, part.name))
        call_id = tools.sealed_id(part)
        item: dict[str, Any]
        if part.custom:
            item = {"type": "custom_tool_call", "id": self.item_id("ctc", index), "call_id": call_id, "name": name}
            item["input"] = part.arguments
        else:
            item = {"type": "function_call", "id": self.item_id("fc", index), "call_id": call_id, "name": name}
            item["arguments"] = part.arguments
        item["status"] = status
        return item if namespace is None else {**item, "namespace": namespace}

    def message(self, index: int, content: list[dict[str, Any]], status: str = "completed") -> dict[str, Any]:
        return {
            "type": "message",
            "id": self.item_id("msg", index),
            "role": "assistant",
            "status": status,
            "content": content,
        }


def content_part(part: Text | Refusal) -> dict[str, Any]:
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": part.text}
    cited = [annotation(one, len(part.text)) for one in part.citations]
    return {"type": "output_text", "text": part.text, "annotations": cited, "logprobs": []}


def annotation(citation: Citation, length: int) -> dict[str, Any]:
    """``length`` is that of the text which cites: without offsets the whole of it does."""
    return {
        "type": "url_citation",
        "url": citation.url,
        "title": citation.title or "",
        "start_index": citation.start or 0,
        "end_index": length if citation.end is None else citation.end,
    }
