"""OpenAI's embeddings, as the client of translations sees them
(https://platform.openai.com/docs/api-reference/embeddings)."""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agw.errors import BadRequest
from agw.translate import reading

KNOWN = frozenset({"model", "input", "encoding_format", "dimensions", "input_type", "task_type"})
"""``input_type`` and ``task_type`` are extensions that many servers share: what the vectors are for."""


@dataclass(frozen=True, slots=True)
class Asked:
    model: str = ""
    inputs: tuple[str, ...] = ()
    base64: bool = False
    dimensions: int | None = None
    purpose: str | None = None
    """As the client wrote it: ``query``, ``search_document``, ``RETRIEVAL_QUERY``, ..."""


def read(body: Mapping[str, Any]) -> Asked:
    """Raises BadRequest; tokens (lists of numbers) are one model's own and cannot be sent to another."""
    given = body.get("input")
    inputs = [given] if isinstance(given, str) else given
    if not isinstance(inputs, list) or not inputs:
        raise BadRequest("input: must be a text or a list of texts")
    texts = tuple(one for one in inputs if isinstance(one, str))
    if len(texts) != len(inputs):
        raise BadRequest("input: this provider takes texts only; send the text itself instead of tokens")
    return Asked(
        model=reading.demanded_string(body, "model", ""),
        inputs=texts,
        base64=body.get("encoding_format") == "base64",
        dimensions=reading.integer(body, "dimensions"),
        purpose=reading.string(body, "input_type") or reading.string(body, "task_type"),
    )


def only_input(asked: Asked) -> str:
    """For models that take one text for each call. Raises BadRequest for more."""
    if len(asked.inputs) != 1:
        raise BadRequest("input: this model takes one text per call; send each in a call of its own")
    return asked.inputs[0]


def write(asked: Asked, vectors: Sequence[Any], input_tokens: int | None) -> dict[str, Any]:
    """The client's answer; ``usage`` is left out where the provider did not tell the tokens."""
    body: dict[str, Any] = {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": _vector(one, asked)}
            for index, one in enumerate(vectors)
        ],
        "model": asked.model,
    }
    if input_tokens is not None:
        body["usage"] = {"prompt_tokens": input_tokens, "total_tokens": input_tokens}
    return body


def _vector(values: Any, asked: Asked) -> Any:
    """As numbers, or as OpenAI's base64: 32-bit floats, little-endian."""
    numbers = [one for one in values if isinstance(one, int | float)] if isinstance(values, list) else []
    if not asked.base64:
        return numbers
    try:
        return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
    except (OverflowError, struct.error):
        return numbers
