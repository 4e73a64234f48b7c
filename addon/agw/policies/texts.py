"""Where texts stand in the bodies of each API, so that guards can look at them and put others in their place.

A slot is a place that holds a text: ``container[key]``. Whatever has another shape than the API says is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from agw.config.guard_rules import Scope


class Slot(NamedTuple):
    scope: Scope
    container: Any
    key: Any

    @property
    def text(self) -> str:
        text: str = self.container[self.key]
        return text


REQUEST_FIELDS = ("messages", "system", "instructions", "input", "prompt", "contents", "systemInstruction", "query")
"""Fields of a request's body, in any API, below which its texts stand."""
ANSWER_FIELDS = ("choices", "content", "output", "candidates")
_SYSTEM_ROLES = ("system", "developer")
_TOOL_ROLES = ("tool", "function")


def request_slots(body: dict[str, Any]) -> Iterator[Slot]:
    """Of any API that has messages: their fields do not collide, so the body tells which one it is."""
    yield from _content(Scope.SYSTEM, body, "system")
    yield from _content(Scope.SYSTEM, body, "instructions")
    yield from _content(Scope.SYSTEM, _mapping(body, "systemInstruction"), "parts")
    yield from _content(Scope.MESSAGES, body, "prompt")
    yield from _content(Scope.MESSAGES, body, "query")
    for message in _items(body, "messages"):
        yield from _message(message)
    for message in _items(body, "contents"):
        yield from _content(Scope.MESSAGES, message, "parts")
    if isinstance(body.get("input"), str):
        yield from _text(Scope.MESSAGES, body, "input")
        return
    for index, item in enumerate(body["input"] if isinstance(body.get("input"), list) else ()):
        if isinstance(item, str):
            yield Slot(Scope.MESSAGES, body["input"], index)
        elif isinstance(item, dict):
            yield from _item(item)


def answer_slots(body: dict[str, Any]) -> Iterator[Slot]:
    """Of a whole answer: its texts, not what it asks of tools."""
    for choice in _items(body, "choices"):
        yield from _text(Scope.MESSAGES, choice, "text")
        yield from _content(Scope.MESSAGES, _mapping(choice, "message"), "content")
    yield from _content(Scope.MESSAGES, body, "content")
    for item in _items(body, "output"):
        yield from _content(Scope.MESSAGES, item, "content")
    yield from _content(Scope.MESSAGES, _mapping(_mapping(body, "output"), "message"), "content")
    for candidate in _items(body, "candidates"):
        yield from _content(Scope.MESSAGES, _mapping(candidate, "content"), "parts")


def _message(message: dict[str, Any]) -> Iterator[Slot]:
    """A message of Chat Completions, Messages or Converse."""
    role = message.get("role")
    scope = Scope.SYSTEM if role in _SYSTEM_ROLES else Scope.TOOL_OUTPUT if role in _TOOL_ROLES else Scope.MESSAGES
    yield from _content(scope, message, "content")
    for call in _items(message, "tool_calls"):
        yield from _text(Scope.TOOL_INPUT, _mapping(call, "function"), "arguments")


def _item(item: dict[str, Any]) -> Iterator[Slot]:
    """An item of a Responses request's input."""
    yield from _content(Scope.SYSTEM if item.get("role") in _SYSTEM_ROLES else Scope.MESSAGES, item, "content")
    if item.get("type") == "function_call":
        yield from _text(Scope.TOOL_INPUT, item, "arguments")
    if item.get("type") == "function_call_output":
        yield from _content(Scope.TOOL_OUTPUT, item, "output")


def _content(scope: Scope, holder: dict[str, Any], key: str) -> Iterator[Slot]:
    """A text, a list of texts, or a list of parts of any API."""
    content = holder.get(key)
    if isinstance(content, str):
        yield Slot(scope, holder, key)
    for index, part in enumerate(content if isinstance(content, list) else ()):
        if isinstance(part, str):
            yield Slot(scope, content, index)
        elif isinstance(part, dict):
            yield from _part(scope, part)


def _part(scope: Scope, part: dict[str, Any]) -> Iterator[Slot]:
    yield from _text(scope, part, "text")
    if part.get("type") == "tool_use":
        yield from _every(Scope.TOOL_INPUT, part, "input")
    if part.get("type") == "tool_result":
        yield from _content(Scope.TOOL_OUTPUT, part, "content")
    yield from _every(Scope.TOOL_INPUT, _mapping(part, "toolUse"), "input")
    yield from _content(Scope.TOOL_OUTPUT, _mapping(part, "toolResult"), "content")
    yield from _every(Scope.TOOL_INPUT, _mapping(part, "functionCall"), "args")
    yield from _every(Scope.TOOL_OUTPUT, _mapping(part, "functionResponse"), "response")


def _every(scope: Scope, holder: dict[str, Any], key: str) -> Iterator[Slot]:
    """All texts below a value of any shape."""
    todo: list[tuple[Any, Any]] = [(holder, key)] if key in holder else []
    while todo:
        container, place = todo.pop()
        value = container[place]
        if isinstance(value, str):
            yield Slot(scope, container, place)
        elif isinstance(value, dict):
            todo += [(value, one) for one in value]
        elif isinstance(value, list):
            todo += [(value, one) for one in range(len(value))]


def _text(scope: Scope, holder: dict[str, Any], key: str) -> Iterator[Slot]:
    if isinstance(holder.get(key), str):
        yield Slot(scope, holder, key)


def _mapping(holder: dict[str, Any], key: str) -> dict[str, Any]:
    value = holder.get(key)
    return value if isinstance(value, dict) else {}


def _items(holder: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = holder.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
