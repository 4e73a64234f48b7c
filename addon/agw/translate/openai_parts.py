"""Content parts as OpenAI's formats write them: ``text``, ``image_url``, ``file`` in Chat Completions, ``input_text``,
``input_image``, ``input_file`` in Responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.errors import BadRequest
from agw.translate import reading
from agw.translate.cache import read_mark
from agw.translate.media import split_data_url
from agw.translate.neutral import Audio, File, Image, Part, Refusal, Text

_TEXTS = ("text", "input_text", "output_text", "summary_text", "reasoning_text")


def read_content(content: Any, where: str) -> tuple[Part, ...]:
    """A message's content: a string, null, or a list of parts. Raises BadRequest for a part that nobody else has."""
    if content is None:
        return ()
    if isinstance(content, str):
        return (Text(content),)
    if not isinstance(content, list):
        raise BadRequest(f"{where}.content: must be a string or a list of parts")
    return tuple(_part(one, where) for one in content)


def _part(part: Any, where: str) -> Part:
    if isinstance(part, str):
        return Text(part)
    if not isinstance(part, dict):
        raise BadRequest(f"{where}.content: a part must be an object")
    kind = part.get("type")
    if kind in _TEXTS:
        return Text(reading.demanded_string(part, "text", f"{where}.content"), cache=read_mark(part))
    if kind == "refusal":
        return Refusal(reading.demanded_string(part, "refusal", f"{where}.content"))
    if kind in ("image_url", "input_image"):
        return _image(part, where)
    if kind in ("file", "input_file"):
        return _file(part, where)
    if kind == "input_audio":
        audio = reading.mapping(part, "input_audio") or part
        return Audio(
            reading.demanded_string(audio, "data", f"{where}.content.input_audio"),
            reading.string(audio, "format") or "wav",
        )
    raise BadRequest(f"{where}.content: parts of type {str(kind)[:50]!r} cannot be translated for this provider")


def _image(part: Mapping[str, Any], where: str) -> Image:
    given = part.get("image_url")
    inner = given if isinstance(given, dict) else part
    url = given.get("url") if isinstance(given, dict) else given
    detail, mark = reading.string(inner, "detail"), read_mark(part)
    if isinstance(url, str):
        if (split := split_data_url(url)) is not None:
            return Image(data=split[1], mime=split[0], detail=detail, cache=mark)
        return Image(url=url, detail=detail, cache=mark)
    if (file_id := reading.string(part, "file_id")) is not None:
        return Image(file_id=file_id, detail=detail, cache=mark)
    raise BadRequest(f"{where}.content: an image needs a url")


def _file(part: Mapping[str, Any], where: str) -> File:
    inner = reading.mapping(part, "file") or part
    name, mark = reading.string(inner, "filename"), read_mark(part)
    data = reading.string(inner, "file_data")
    if data:
        mime, base64 = split_data_url(data) or (_mime(name), data)
        return File(data=base64, mime=mime, filename=name, cache=mark)
    if url := reading.string(inner, "file_url"):
        return File(url=url, filename=name, cache=mark)
    if file_id := reading.string(inner, "file_id"):
        return File(file_id=file_id, filename=name, cache=mark)
    raise BadRequest(f"{where}.content: a file needs file_data, file_url or file_id")


def _mime(filename: str | None) -> str:
    """OpenAI takes bare base64 for PDFs."""
    return "text/plain" if (filename or "").lower().endswith((".txt", ".md", ".csv")) else "application/pdf"
