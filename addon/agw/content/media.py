"""Images, sound and files inside messages: replaced by what identifies them.

A blob part, and a ``uri`` part with a data URL, becomes

    {"type": "text", "content": "[image/png, 24567 bytes, sha256 HEX]",
     "mime_type": "image/png", "modality": "image", "bytes": 24567, "sha256": "HEX"}

which the conventions' schema allows (a TextPart with members of its own) and every platform shows as what it is. As a
``uri`` or a ``blob`` it would be a broken picture in some of them. Anywhere else (tool results, arguments, texts, error
messages) base64 becomes the text alone.

What counts as base64: data URLs of any length; values beside a media type; and bare runs that begin like a known file
format. A long text that merely could be base64 stays.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from typing import Any

_CHUNK = 1 << 16
"""Characters that are decoded at a time, a multiple of 4: other threads get their turn in between."""
_MIN_RUN = 256
_DATA = ("data", "bytes", "b64_json", "file_data", "content", "result", "image", "audio")
_TYPES = ("mime_type", "mimeType", "media_type", "mediaType", "format")
_NAMED_BASE64 = ("bytes", "b64_json")
"""Members that are base64 even where no type stands beside them."""
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?((?:;[\w.=+-]{1,64}){0,8});base64,([A-Za-z0-9+/_=%\r\n-]*)")
# How files of a format begin in base64.
_MAGIC = {
    "iVBORw0KGgo": "image/png",
    "/9j/": "image/jpeg",
    "R0lGOD": "image/gif",
    "UklGR": "application/octet-stream",
    "JVBERi0": "application/pdf",
    "UEsDB": "application/zip",
    "SUQz": "audio/mpeg",
    "T2dnUw": "audio/ogg",
    "GkXfo": "video/webm",
    "AAAAIGZ0eX": "video/mp4",
    "AAAAHGZ0eX": "video/mp4",
    "AAAAGGZ0eX": "video/mp4",
}
_RUN = re.compile(
    rf"(?<![A-Za-z0-9+/])(?:{'|'.join(map(re.escape, _MAGIC))})[A-Za-z0-9+/_\r\n-]{{{_MIN_RUN},}}={{0,2}}"
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_\r\n-]*={0,2}\s*")


def text_without_media(text: str) -> str:
    """The text with a description where base64 stood; itself where there is none."""
    if ";base64," in text:
        text = _DATA_URL.sub(lambda found: _described(found[1], found[3]), text)
    if len(text) >= _MIN_RUN and any(magic in text for magic in _MAGIC):
        text = _RUN.sub(lambda found: _described(None, found[0]), text)
    return text


def mapping_without_media(value: dict[str, Any]) -> dict[str, Any]:
    """A part or any other JSON object without the media that it holds itself; what lies deeper is not looked at."""
    kind = value.get("type")
    if kind == "blob" and isinstance(value.get("content"), str):
        return _placeholder(value, value.get("mime_type"), value["content"])
    if kind == "uri" and isinstance(value.get("uri"), str) and (found := _DATA_URL.fullmatch(value["uri"])):
        return _placeholder(value, found[1], found[3])
    mime = next((value[name] for name in _TYPES if isinstance(value.get(name), str)), None)
    for name in _DATA:
        data = value.get(name)
        if (
            isinstance(data, str)
            and (mime is not None or name in _NAMED_BASE64)
            and (len(data) >= _MIN_RUN or (name == "data" and "/" in (mime or "")) or name in _NAMED_BASE64)
            and _BASE64.fullmatch(data)
            and data
        ):
            value = {**value, name: _described(mime, data)}
    return value


def _placeholder(part: dict[str, Any], mime: Any, data: str) -> dict[str, Any]:
    mime = mime if isinstance(mime, str) and mime else _sniffed(data)
    size, digest = _digest(data)
    return {
        "type": "text",
        "content": f"[{mime}, {size} bytes, sha256 {digest}]",
        "mime_type": mime,
        "modality": part.get("modality") or mime.partition("/")[0],
        "bytes": size,
        "sha256": digest,
    }


def _described(mime: str | None, data: str) -> str:
    size, digest = _digest(data)
    return f"[{mime or _sniffed(data)}, {size} bytes, sha256 {digest}]"


def _sniffed(data: str) -> str:
    return next((mime for magic, mime in _MAGIC.items() if data.startswith(magic)), "application/octet-stream")


def _digest(data: str) -> tuple[int, str]:
    """Size in bytes and SHA-256 of what the base64 says; of the text itself where it does not decode."""
    if not data.isascii() or any(char in data for char in "-_%\r\n "):
        data = data.replace("-", "+").replace("_", "/").replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")
        data = "".join(data.split())
    size, digest = 0, hashlib.sha256()
    try:
        for start in range(0, len(data), _CHUNK):
            piece = data[start : start + _CHUNK]
            decoded = binascii.a2b_base64(piece + "=" * (-len(piece) % 4))
            digest.update(decoded)
            size += len(decoded)
    except ValueError:
        raw = data.encode("utf-8", "replace")
        return len(raw), hashlib.sha256(raw).hexdigest()
    return size, digest.hexdigest()
