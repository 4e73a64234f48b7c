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
_URL_HEAD = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w.=+-]{1,64}){0,8}\Z")
_MAX_HEAD = 700
_RUN = re.compile(r"[A-Za-z0-9+/_=%-]*")
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


def text_without_media(text: str) -> str:
    """The text with a description where base64 stood; itself where there is none."""
    if ";base64," in text:
        text = _without_urls(text)
    if len(text) >= _MIN_RUN:
        for magic in _MAGIC:
            if magic in text:
                text = _without_runs(text, magic)
    return text


def _without_urls(text: str) -> str:
    pieces: list[str] = []
    done = 0
    while (mark := text.find(";base64,", done)) >= 0:
        base = max(mark - _MAX_HEAD, done)
        start = text.rfind("data:", base, mark)
        head = None if start < 0 else _URL_HEAD.match(text[start:mark])
        begin = mark + len(";base64,")
        end = _run_end(text, begin) if head is not None else begin
        if head is not None:
            pieces += (text[done:start], _described(head[1], text[begin:end]))
        else:
            pieces.append(text[done:begin])
        done = end
    return "".join((*pieces, text[done:]))


def _without_runs(text: str, magic: str) -> str:
    pieces: list[str] = []
    done = 0
    while (start := text.find(magic, done)) >= 0:
        end = _run_end(text, start)
        inside = start > 0 and (text[start - 1].isalnum() or text[start - 1] in "+/") and text[start - 1].isascii()
        if end - start < _MIN_RUN or inside:
            pieces.append(text[done : start + len(magic)])
            done = start + len(magic)
        else:
            pieces += (text[done:start], _described(None, text[start:end]))
            done = end
    return "".join((*pieces, text[done:]))


def _run_end(text: str, at: int) -> int:
    """Where what may be base64 ends, its padding included; in a text, a line break ends it.

    Looked at piece by piece, so that other threads get their turn in between.
    """
    begin = at
    while at < len(text):
        found = _RUN.match(text, at, at + _CHUNK)
        end = at if found is None else found.end()
        whole, at = end == at + _CHUNK, end
        if not whole:
            break
    padding = text.find("=", begin, at)
    return at if padding < 0 else padding + (2 if text.startswith("==", padding) else 1)


def _is_base64(data: str) -> bool:
    """All of it; some encoders break it into lines."""
    if "\n" in data:
        data = "".join(data.split())
    return _run_end(data, 0) == len(data)


def mapping_without_media(value: dict[str, Any]) -> dict[str, Any]:
    """A part or any other JSON object without the media that it holds itself; what lies deeper is not looked at."""
    kind = value.get("type")
    if kind == "blob" and isinstance(value.get("content"), str):
        return _placeholder(value, value.get("mime_type"), value["content"])
    if kind == "uri" and isinstance(uri := value.get("uri"), str) and uri.startswith("data:"):
        before, mark, encoded = uri.partition(";base64,")
        if mark and (head := _URL_HEAD.match(before)) is not None and _is_base64(encoded):
            return _placeholder(value, head[1], encoded)
    mime = next((value[name] for name in _TYPES if isinstance(value.get(name), str)), None)
    for name in _DATA:
        data = value.get(name)
        if (
            isinstance(data, str)
            and (mime is not None or name in _NAMED_BASE64)
            and (len(data) >= _MIN_RUN or (name == "data" and "/" in (mime or "")) or name in _NAMED_BASE64)
            and data
            and _is_base64(data)
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
