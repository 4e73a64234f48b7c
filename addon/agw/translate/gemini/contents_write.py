"""The turns of a conversation as Gemini's contents.

Function calls of Gemini 3 must carry the signature that they came with. For a conversation that began with another
model Google names a value that skips the check (https://ai.google.dev/gemini-api/docs/thought-signatures); of parallel
calls only the first has one.
"""

from __future__ import annotations

import base64
import mimetypes
from typing import Any

from agw.errors import BadRequest
from agw.translate import tools
from agw.translate.base import Losses
from agw.translate.neutral import (
    Audio,
    File,
    Image,
    Maker,
    Part,
    Reasoning,
    Refusal,
    Request,
    Role,
    Text,
    ToolCall,
    ToolResult,
    Turn,
)
from agw.translate.tool_names import ToolNames

UNSIGNED = "skip_thought_signature_validator"


def write_contents(
    request: Request, turns: list[Turn], names: ToolNames, losses: Losses, *, demands_signatures: bool
) -> list[dict[str, Any]]:
    """``turns`` alternate (``prompt.prompt_of``)."""
    called = tools.call_names(request)
    places = {call_id: place for place, call_id in enumerate(called)}
    contents = []
    for turn in turns:
        if turn.name is not None:
            losses.add("messages.name")
        if turn.role is Role.ASSISTANT:
            parts = _model(turn, names, losses, demands_signatures)
        else:
            ordered = sorted(turn.parts, key=lambda part: _place(part, places))
            parts = [one for part in ordered for one in _user(part, called, names, request, losses)]
        if parts:
            contents.append({"role": "model" if turn.role is Role.ASSISTANT else "user", "parts": parts})
    return contents


def _place(part: Part, places: dict[str, int]) -> int:
    """Results in the order of their calls, since models before Gemini 3 pair them so; the rest behind them."""
    return places.get(part.call_id, 0) if isinstance(part, ToolResult) else len(places)


def _model(turn: Turn, names: ToolNames, losses: Losses, demands_signatures: bool) -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = []
    waiting: str | None = None
    signed = False
    for part in turn.parts:
        if isinstance(part, Text | Refusal):
            if part.text:
                written.append({"text": part.text})
        elif isinstance(part, Reasoning):
            seal = part.seal
            if seal is None or seal.maker is not Maker.GOOGLE:
                losses.add("reasoning")
            elif part.text:
                written.append({"text": part.text, "thought": True, "thoughtSignature": seal.value})
            else:
                waiting = seal.value
        elif isinstance(part, ToolCall):
            own = part.seal.value if part.seal is not None and part.seal.maker is Maker.GOOGLE else None
            signature = own or waiting or (UNSIGNED if demands_signatures and not signed else None)
            waiting, signed = None, True
            written.append(_call(part, names, signature))
        elif isinstance(part, Image | File | Audio):
            written.append(_media(part, "google", losses))
    if waiting is not None:
        # A signature without a call ends the answer that it belongs to.
        written.append({"text": "", "thoughtSignature": waiting})
    return written


def _call(call: ToolCall, names: ToolNames, signature: str | None) -> dict[str, Any]:
    text = tools.as_function_arguments(call)
    arguments = tools.as_object(text)
    # What a model wrote and is no JSON object is still what it said.
    function = {
        "id": call.id,
        "name": names.wire(call.name),
        "args": {tools.CUSTOM_INPUT: text} if arguments is None else arguments,
    }
    return {"functionCall": function, **({"thoughtSignature": signature} if signature else {})}


def _user(
    part: Part, called: dict[str, str], names: ToolNames, request: Request, losses: Losses
) -> list[dict[str, Any]]:
    if isinstance(part, Text | Refusal):
        if isinstance(part, Text) and part.cache is not None:
            losses.add("cache_control")
        return [{"text": part.text}] if part.text else []
    if isinstance(part, Image | File | Audio):
        return [_media(part, request.family, losses)]
    if isinstance(part, ToolResult):
        if part.cache is not None:
            losses.add("cache_control")
        name = called.get(part.call_id)
        if name is None:
            raise BadRequest(
                "messages: a tool result answers a call that is not in the conversation; "
                "this provider needs the call's name: send the assistant's message with the call too"
            )
        response = {"id": part.call_id, "name": names.wire(name), "response": _response(part)}
        media = [_media(one, request.family, losses) for one in part.parts if isinstance(one, Image | File | Audio)]
        return [{"functionResponse": response}, *media]
    raise BadRequest("messages: a user's message holds a part that only an assistant can say")


def _response(result: ToolResult) -> dict[str, Any]:
    """An object, as Google demands: the tool's own, or its text under the names that Google's documents use."""
    text = "\n".join(part.text for part in result.parts if isinstance(part, Text))
    if result.is_error:
        return {"error": text}
    own = tools.as_object(text) if text.startswith("{") else None
    return {"result": text} if own is None else own


def _media(part: Image | File | Audio, family: str, losses: Losses) -> dict[str, Any]:
    if isinstance(part, Audio):
        return {"inlineData": {"mimeType": f"audio/{part.format}", "data": part.data}}
    if part.cache is not None:
        losses.add("cache_control")
    if isinstance(part, Image) and part.detail not in (None, "auto"):
        losses.add("image detail")
    if isinstance(part, File) and part.text is not None:
        data = base64.b64encode(part.text.encode("utf-8", "surrogatepass")).decode()
        return {"inlineData": {"mimeType": part.mime or "text/plain", "data": data}}
    if part.data is not None:
        default = "image/png" if isinstance(part, Image) else "application/pdf"
        return {"inlineData": {"mimeType": part.mime or default, "data": part.data}}
    url = part.url or (part.file_id if family == "google" else None)
    if url is None:
        raise BadRequest("messages: a file in one provider's store cannot be sent to another: send its data")
    mime = part.mime or mimetypes.guess_type(url.partition("?")[0])[0]
    return {"fileData": {"fileUri": url, **({"mimeType": mime} if mime else {})}}
