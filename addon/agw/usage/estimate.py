"""How many tokens a request has, for providers that cannot be asked: an estimate, and marked as one.

It answers Anthropic's count_tokens and Gemini's countTokens where no provider can. It never refuses: agents decide by
this figure when to shorten a conversation, and one that is 10% off serves them where an error would stop them.

Two methods, and the answer says which one it was:

* ``o200k_base``: OpenAI's tokenizer (the extra ``tokenizer``), which is exact for the text of OpenAI's newer models and
  within some 15% for others. Only with a vocabulary that is on disk already (``TIKTOKEN_CACHE_DIR``): the gateway
  downloads none by itself.
* ``characters``: where tiktoken or its vocabulary is missing. A token for 4 characters of ASCII, for 2 of other
  alphabets (Latin beyond ASCII, Greek, Cyrillic, Hebrew, Arabic), for 1 of anything else (Chinese, Japanese, ...). A
  rule of thumb: for English prose rather high, for dense JSON and code rather low.

Both add 4 tokens for each message and count media by rule: 1600 an image (the most that Anthropic counts for one), and
a document by its size.

To wire it, where no provider counts: ``estimator = TokenEstimator.load()`` once, off the loop (it reads 4 MB);
``answer_of(api_type, estimator.estimate(body).tokens)`` is the client's body, with ``HEADER`` set to ``estimated`` and
the method in the record's notes. Estimating takes some 10 ms for 100 KB with tiktoken: call it in a thread.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

HEADER = "x-agw-token-count"
"""Response header that marks the figure: ``estimated``."""

VOCABULARY = "o200k_base"
_VOCABULARY_URL = f"https://openaipublic.blob.core.windows.net/encodings/{VOCABULARY}.tiktoken"
# fmt: off
_READ = (
    "system", "messages", "tools", "systemInstruction", "system_instruction", "contents", "generateContentRequest",
    "instructions", "input", "prompt", "functions", "toolConfig",
)
# fmt: on
_PIECE = 50_000
_PER_MESSAGE = 4
_PER_IMAGE = 1600
_BYTES_PER_TOKEN = 16
"""Of a document in base64: about 2500 tokens for a page of 40 KB."""
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_SHORT = re.compile(r"[\u0080-\u07ff]")


class Encoding(Protocol):
    """What of a tiktoken encoding is used."""

    name: str

    def encode_ordinary(self, text: str) -> list[int]: ...


@dataclass(frozen=True, slots=True)
class Estimate:
    tokens: int
    method: str
    """``o200k_base`` or ``characters``."""


class TokenEstimator:
    """Pure: what it needs of the disk was read by ``load``."""

    def __init__(self, encoding: Encoding | None = None) -> None:
        self._encoding = encoding

    @classmethod
    def load(cls) -> TokenEstimator:
        """With tiktoken where it and its vocabulary are here. Blocks for a moment; never raises, never downloads."""
        if not _vocabulary().is_file():
            return cls()
        try:
            import tiktoken

            return cls(tiktoken.get_encoding(VOCABULARY))
        except Exception:
            # Missing, or a vocabulary that is not what its name says.
            return cls()

    @property
    def method(self) -> str:
        return "characters" if self._encoding is None else self._encoding.name

    def estimate(self, body: Mapping[str, Any]) -> Estimate:
        """The prompt's tokens of a request, in whatever format. Never raises."""
        tokens = 0
        for piece in _pieces([body[key] for key in _READ if key in body]):
            tokens += piece if isinstance(piece, int) else self._count(piece)
        return Estimate(tokens, self.method)

    def _count(self, text: str) -> int:
        if self._encoding is None:
            return _by_characters(text)
        encode = self._encoding.encode_ordinary
        # In pieces: tiktoken's regular expression overflows its stack on a million spaces, and panics.
        pieces = (text[at : at + _PIECE] for at in range(0, len(text), _PIECE))
        return sum(len(encode(piece.encode("utf-8", "replace").decode())) for piece in pieces)


def answer_of(api_type: str, tokens: int) -> dict[str, Any]:
    """The client's answer: Anthropic's, or Gemini's for ``geminiCountTokens``."""
    return {"totalTokens": tokens} if api_type == "geminiCountTokens" else {"input_tokens": tokens}


def _by_characters(text: str) -> int:
    if text.isascii():
        return -(-len(text) // 4)
    other = len(_NOT_ASCII.findall(text))
    short = len(_SHORT.findall(text))
    return -(-(len(text) - other) // 4) + (other - short) + -(-short // 2)


def _vocabulary() -> Path:
    """Where tiktoken keeps it."""
    folder = os.environ.get("TIKTOKEN_CACHE_DIR") or os.environ.get("DATA_GYM_CACHE_DIR")
    name = hashlib.sha1(_VOCABULARY_URL.encode(), usedforsecurity=False).hexdigest()
    return Path(folder or Path(tempfile.gettempdir()) / "data-gym-cache") / name


def _pieces(value: Any) -> Iterator[str | int]:
    """Texts to count, names of tools and of their parameters too; numbers for what is counted by rule."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield _PER_IMAGE if one.startswith("data:image/") else one
        elif isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            if (media := _media(one)) is not None:
                yield media
                continue
            if "role" in one:
                yield _PER_MESSAGE
            for key, inner in one.items():
                if key in ("role", "type", "cache_control", "signature", "thoughtSignature", "thought_signature"):
                    continue
                if isinstance(inner, dict | list):
                    yield str(key)
                waiting.append(inner)


def _media(part: Mapping[str, Any]) -> int | None:
    """Tokens of an object that holds an image or a document, by its type; None for any other."""
    data = part.get("data")
    mime = part.get("media_type") or part.get("mimeType") or part.get("mime_type")
    if not isinstance(mime, str) or not isinstance(data, str):
        return _PER_IMAGE if part.get("type") == "image" and "source" in part and "data" not in part else None
    if mime.startswith("text/"):
        return None
    return _PER_IMAGE if mime.startswith("image/") else max(1, len(data) // _BYTES_PER_TOKEN)
