"""A whole answer of generateContent, read; and what a stream's reader shares with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.formats.google import FINISH_REASONS, field, list_of, part_of
from agw.translate import failures, reading, tools
from agw.translate.base import Losses
from agw.translate.gemini.request_write import names_of
from agw.translate.neutral import (
    Answer,
    Audio,
    Choice,
    Citation,
    Image,
    Maker,
    Part,
    Reasoning,
    Request,
    Seal,
    Stop,
    Text,
    ToolCall,
)
from agw.translate.writing import new_id
from agw.usage import Usage
from agw.usage.extract import GEMINI, usage_from

BLOCKED = Choice((), Stop.FILTER)


class PartsReader:
    """Reads the parts of one call's answer: it knows the names that had to be changed and the custom tools."""

    def __init__(self, asked: Request, losses: Losses) -> None:
        self._names = names_of(asked)
        self._custom = tools.custom_names(asked)
        self._losses = losses

    def read(self, part: Mapping[str, Any]) -> list[Part]:
        """In the order in which they are to stand. A signature beside a text is a seal of its own behind it."""
        signature = field(part, "thoughtSignature")
        seal = Seal(Maker.GOOGLE, signature) if isinstance(signature, str) and signature else None
        text = part.get("text")
        if isinstance(text, str):
            if part.get("thought") is True:
                return [Reasoning(text, seal, summary=True)]
            found: list[Part] = [Text(text)] if text else []
            return found if seal is None else [*found, Reasoning("", seal)]
        if call := part_of(part, "functionCall"):
            return [self._call(call, seal)]
        if blob := part_of(part, "inlineData"):
            return self._blob(blob)
        for kind in part:
            if kind not in ("thought", "thoughtSignature"):
                self._losses.add(f"answer.{kind}")
        return []

    def _call(self, call: Mapping[str, Any], seal: Seal | None) -> ToolCall:
        name = self._names.client(reading.string(call, "name") or "")
        arguments = tools.as_text(call.get("args"))
        custom = name in self._custom
        return ToolCall(
            id=reading.string(call, "id") or new_id("call_"),
            name=name,
            arguments=tools.custom_input(arguments) if custom else arguments,
            custom=custom,
            seal=seal,
        )

    def _blob(self, blob: Mapping[str, Any]) -> list[Part]:
        mime, data = field(blob, "mimeType"), blob.get("data")
        if isinstance(data, str) and isinstance(mime, str):
            if mime.startswith("image/"):
                return [Image(data=data, mime=mime)]
            if mime.startswith("audio/"):
                return [Audio(data, mime.removeprefix("audio/").partition(";")[0])]
        self._losses.add("answer.inlineData")
        return []


def stop_of(reason: str, *, called: bool, losses: Losses) -> Stop:
    """A word that is not known is an end like any other: servers that only imitate Google have words of their own."""
    word = FINISH_REASONS.get(reason, "stop")
    if word == "length":
        return Stop.LENGTH
    if word == "content_filter":
        return Stop.FILTER
    if word == "error":
        losses.add(f"answer.finishReason.{reason}")
    return Stop.TOOL_CALLS if called else Stop.END


def usage_of(body: Mapping[str, Any]) -> Usage | None:
    return usage_from(part_of(body, "usageMetadata"), GEMINI)


def citations_of(candidate: Mapping[str, Any]) -> tuple[Citation, ...]:
    """The pages that a grounded answer rests on, without places: Google counts bytes of the whole text."""
    found = []
    for chunk in list_of(part_of(candidate, "groundingMetadata"), "groundingChunks"):
        web = part_of(chunk, "web")
        if isinstance(uri := web.get("uri"), str):
            found.append(Citation(uri, title=reading.string(web, "title")))
    return tuple(found)


def is_blocked(body: Mapping[str, Any]) -> bool:
    return bool(part_of(body, "promptFeedback").get("blockReason"))


def read_answer(body: Mapping[str, Any], asked: Request, losses: Losses) -> Answer:
    reader = PartsReader(asked, losses)
    choices = [_choice(one, reader, losses) for one in list_of(body, "candidates")]
    if not choices and is_blocked(body):
        choices = [BLOCKED]
    return Answer(
        choices=tuple(choices),
        id=reading.string(body, "responseId"),
        model=reading.string(body, "modelVersion"),
        usage=usage_of(body),
        failure=None if choices else failures.UNREADABLE,
    )


def _choice(candidate: Mapping[str, Any], reader: PartsReader, losses: Losses) -> Choice:
    parts: list[Part] = []
    for one in list_of(part_of(candidate, "content"), "parts"):
        for part in reader.read(one):
            last = parts[-1] if parts else None
            if isinstance(part, Text) and isinstance(last, Text):
                parts[-1] = Text(last.text + part.text)
            else:
                parts.append(part)
    if citations := citations_of(candidate):
        places = [at for at, part in enumerate(parts) if isinstance(part, Text)]
        for at in places[-1:]:
            parts[at] = Text(getattr(parts[at], "text", ""), citations=citations)
    called = any(isinstance(part, ToolCall) for part in parts)
    return Choice(tuple(parts), stop_of(str(candidate.get("finishReason") or "STOP"), called=called, losses=losses))
