"""A prompt or an answer as a person reads a conversation: plain text, from the conventions' ``parts``.

::

    ── user ──────────────────────
    What is the weather?
    [image image/png, 12.3 KB]

    ── assistant ─────────────────
    ┊ reasoning, set apart
    → weather  call_1
      {
        "city": "Oslo"
      }
      ← 21 degrees
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agw.record import Content

WIDTH = 60
MAX_TEXT = 200_000
"""Characters of one part; what is longer is cut, and says so."""
_PLACEHOLDERS = ("blob", "uri", "file")

Message = Mapping[str, Any]


def prompt(content: Content) -> str:
    """System, messages with roles, then the tools, one line each."""
    blocks = []
    if content.system_instructions:
        blocks.append(_block("system", _parts(content.system_instructions, {})))
    blocks += messages(content.input_messages or ())
    if content.tool_definitions:
        tools = [_definition(one) for one in content.tool_definitions]
        blocks.append(_block(f"{len(tools)} tools" if len(tools) > 1 else "1 tool", tools))
    return "\n\n".join(blocks)


def answer(output: Sequence[Message]) -> str:
    """Each choice, with the reason for its end where it is not the usual one."""
    blocks = []
    for index, message in enumerate(output):
        name = "assistant" if len(output) == 1 else f"assistant, choice {index + 1}"
        reason = message.get("finish_reason")
        lines = _parts(_list(message, "parts"), {})
        if reason not in (None, "stop", "tool_call"):
            lines.append(f"[ended: {_text(reason)}]")
        blocks.append(_block(name, lines))
    return "\n\n".join(blocks)


def messages(found: Sequence[Message]) -> list[str]:
    """Tool results stand beside the calls that they answer; a message that holds only such results is left out."""
    results = {
        part["id"]: part
        for message in found
        for part in _list(message, "parts")
        if part.get("type") == "tool_call_response" and isinstance(part.get("id"), str)
    }
    called = {
        part.get("id")
        for message in found
        for part in _list(message, "parts")
        if part.get("type") == "tool_call" and isinstance(part.get("id"), str)
    }
    blocks = []
    for message in found:
        shown = [
            part
            for part in _list(message, "parts")
            if not (part.get("type") == "tool_call_response" and part.get("id") in called)
        ]
        if shown or not _list(message, "parts"):
            blocks.append(_block(_text(message.get("role", "?")), _parts(shown, results)))
    return blocks


def _block(title: str, lines: Iterable[str]) -> str:
    head = f"── {title} "
    return "\n".join([head + "─" * max(WIDTH - len(head), 4), *lines])


def _parts(parts: Sequence[Message], results: Mapping[str, Message]) -> list[str]:
    lines: list[str] = []
    for part in parts:
        lines += _part(part, results)
    return lines


def _part(part: Message, results: Mapping[str, Message]) -> list[str]:
    kind = part.get("type")
    if kind == "text":
        return _text(part.get("content")).splitlines() or [""]
    if kind == "reasoning":
        return [f"┊ {line}" for line in _text(part.get("content")).splitlines()]
    if kind == "tool_call":
        name, call_id = _text(part.get("name")), part.get("id")
        lines = [f"→ {name}" + (f"  {call_id}" if isinstance(call_id, str) else "")]
        lines += _indented(part.get("arguments"))
        if isinstance(call_id, str) and call_id in results:
            lines += _result(results[call_id])
        return lines
    if kind == "tool_call_response":
        return _result(part)
    if kind in _PLACEHOLDERS:
        return [_media(part)]
    return _indented(part)


def _result(part: Message) -> list[str]:
    first, *rest = _value_lines(part.get("response", part.get("result")))
    return [f"  ← {first}", *(f"    {line}" for line in rest)]


def _media(part: Message) -> str:
    named = [_text(part.get("modality", part.get("type"))), _text(part.get("mime_type", ""))]
    content, size = part.get("content"), part.get("size", part.get("size_bytes"))
    if isinstance(content, str) and size is None:
        size = len(content) * 3 // 4
    shown = " ".join(one for one in named if one)
    if isinstance(size, int):
        shown += f", {size / 1024:.1f} KB"
    for name in ("uri", "file_id"):
        if isinstance(part.get(name), str):
            shown += f", {part[name][:200]}"
    return f"[{shown}]"


def _definition(tool: Message) -> str:
    parameters = tool.get("parameters")
    properties = parameters.get("properties") if isinstance(parameters, dict) else None
    names = ", ".join(map(str, properties)) if isinstance(properties, dict) else ""
    about = _text(tool.get("description", "")).strip().partition("\n")[0]
    return f"{_text(tool.get('name', tool.get('type', '?')))}({names})" + (f"  {about[:100]}" if about else "")


def _indented(value: Any) -> list[str]:
    return [f"  {line}" for line in _value_lines(value)]


def _value_lines(value: Any) -> list[str]:
    if isinstance(value, str):
        return _text(value).splitlines() or [""]
    if value in (None, {}):
        return ["{}"] if value == {} else [""]
    try:
        return _text(json.dumps(value, indent=2, ensure_ascii=False)).splitlines()
    except (TypeError, ValueError, RecursionError):
        return ["[cannot be shown]"]


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else str(value) if value is not None else ""
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]} […{len(text) - MAX_TEXT} more characters]"


def _list(message: Message, key: str) -> list[Message]:
    value = message.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
