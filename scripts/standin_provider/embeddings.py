"""Embeddings: a unit vector made from the input's hash, as floats or base64."""

from __future__ import annotations

import base64
import hashlib
import math
import struct
from typing import Any

from standin_provider.reply import Json, Refused, Reply

DIMENSIONS = 8


def reply(body: Json) -> Reply:
    """Raises Refused."""
    given = body.get("input")
    if not given:
        raise Refused(400, "'input' is required.", "input")
    # One text, several texts, the tokens of one text, or the tokens of several.
    several = isinstance(given, list) and not isinstance(given[0], int)
    inputs: list[Any] = given if several else [given]
    as_base64 = body.get("encoding_format") == "base64"
    dimensions = int(body.get("dimensions") or DIMENSIONS)
    data = []
    for index, one in enumerate(inputs):
        vector = _vector(str(one), dimensions)
        packed = base64.b64encode(struct.pack(f"<{dimensions}f", *vector)).decode()
        data.append({"object": "embedding", "index": index, "embedding": packed if as_base64 else vector})
    tokens = 5 * len(inputs)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return Reply({"object": "list", "data": data, "model": str(body["model"]), "usage": usage})


def _vector(text: str, dimensions: int) -> list[float]:
    noise = hashlib.shake_256(text.encode()).digest(dimensions)
    raw = [byte - 127.5 for byte in noise]
    length = math.sqrt(sum(figure * figure for figure in raw))
    # As float32, so that both encodings carry the very same figures.
    return [struct.unpack("<f", struct.pack("<f", figure / length))[0] for figure in raw]
