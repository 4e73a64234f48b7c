"""``prompts``: messages that the config adds to every prompt, in each API's own shape (agentgateway.md §1.8).

System messages join the system prompt where an API keeps it apart from the conversation; prepended ones stand before
the app's, appended ones behind. APIs without a conversation (embeddings, completions of a text) get nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agw.config.snapshot import AiPolicy, PromptMessage

_SYSTEM = ("system", "developer")
_Members = dict[str, Any]


def added_prompts(body: Mapping[str, Any], api_type: str, policy: AiPolicy) -> _Members:
    """The members of the body that change; none where nothing is added or the body has no such shape."""
    writer = _WRITERS.get(api_type)
    if writer is None or not (policy.prepend or policy.append):
        return {}
    return writer(body, policy.prepend, policy.append)


def _completions(body: Mapping[str, Any], before: Sequence[PromptMessage], after: Sequence[PromptMessage]) -> _Members:
    return _around(body, "messages", before, after, _plain)


def _responses(body: Mapping[str, Any], before: Sequence[PromptMessage], after: Sequence[PromptMessage]) -> _Members:
    given = body.get("input")
    if isinstance(given, str):
        given = [{"role": "user", "content": given}]
    return _around({"input": given}, "input", before, after, _plain)


def _messages(body: Mapping[str, Any], before: Sequence[PromptMessage], after: Sequence[PromptMessage]) -> _Members:
    system = body.get("system")
    if isinstance(system, str):
        system = [{"type": "text", "text": system}]
    blocks = _system(system, before, after, lambda text: {"type": "text", "text": text})
    said = _around(body, "messages", _spoken(before), _spoken(after), _plain)
    return said | ({"system": blocks} if blocks is not None else {})


def _converse(body: Mapping[str, Any], before: Sequence[PromptMessage], after: Sequence[PromptMessage]) -> _Members:
    blocks = _system(body.get("system"), before, after, lambda text: {"text": text})
    said = _around(
        body,
        "messages",
        _spoken(before),
        _spoken(after),
        lambda one: {"role": one.role, "content": [{"text": one.content}]},
    )
    return said | ({"system": blocks} if blocks is not None else {})


def _generate_content(
    body: Mapping[str, Any], before: Sequence[PromptMessage], after: Sequence[PromptMessage]
) -> _Members:
    name = "system_instruction" if "system_instruction" in body else "systemInstruction"
    given = body.get(name)
    given = given if isinstance(given, dict) else {}
    parts = _system(given.get("parts"), before, after, lambda text: {"text": text})
    said = _around(
        body,
        "contents",
        _spoken(before),
        _spoken(after),
        lambda one: {"role": "model" if one.role == "assistant" else one.role, "parts": [{"text": one.content}]},
    )
    return said | ({name: {**given, "parts": parts}} if parts is not None else {})


_WRITERS = {
    "completions": _completions,
    "responses": _responses,
    "messages": _messages,
    "converse": _converse,
    "generateContent": _generate_content,
}


def _plain(one: PromptMessage) -> _Members:
    return {"role": one.role, "content": one.content}


def _spoken(messages: Sequence[PromptMessage]) -> list[PromptMessage]:
    return [one for one in messages if one.role not in _SYSTEM]


def _around(
    body: Mapping[str, Any],
    name: str,
    before: Sequence[PromptMessage],
    after: Sequence[PromptMessage],
    write: Callable[[PromptMessage], _Members],
) -> _Members:
    given = body.get(name)
    if not isinstance(given, list) or not (before or after):
        return {}
    return {name: [*map(write, before), *given, *map(write, after)]}


def _system(
    given: Any, before: Sequence[PromptMessage], after: Sequence[PromptMessage], write: Callable[[str], _Members]
) -> list[Any] | None:
    """The system prompt as blocks; None where nothing is added to it."""
    first, last = ([write(one.content) for one in some if one.role in _SYSTEM] for some in (before, after))
    return [*first, *(given if isinstance(given, list) else ()), *last] if first or last else None
