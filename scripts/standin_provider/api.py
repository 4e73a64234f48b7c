"""Which path answers what. Nothing here knows of HTTP beyond method, path and headers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from standin_provider import chat, completions, embeddings, messages, responses
from standin_provider.reply import CREATED_S, Json, Refused, Reply

MODELS = ("gpt-4o", "gpt-4o-mini", "o4-mini", "text-embedding-3-small")
_POST_PATHS = ("/chat/completions", "/responses", "/embeddings", "/completions", "/messages")


def parse(data: bytes) -> Any:
    """The body as JSON, or None when it is not."""
    try:
        return json.loads(data)
    except ValueError:
        return None


def reply(method: str, path: str, headers: Mapping[str, str], body: Any, chunks: int) -> Reply:
    """``path`` is without the query; any prefix before the known endings is fine. Raises Refused."""
    if headers.get("authorization") == "Bearer sk-bad":
        raise Refused(401, "Incorrect API key provided: sk-bad.", None, "invalid_api_key")
    if path.endswith("/models") and method == "GET":
        return Reply({"object": "list", "data": [_model(name) for name in MODELS]})
    if (found := re.search(r"/models/([^/]+)$", path)) and method == "GET":
        if found[1] not in MODELS:
            raise Refused(404, f"The model '{found[1]}' does not exist.", "model", "model_not_found")
        return Reply(_model(found[1]))
    if not path.endswith(_POST_PATHS):
        raise Refused(404, f"Invalid URL ({method} {path})")
    if method != "POST":
        raise Refused(405, f"Not allowed to {method} on {path}.", None, "method_not_supported")
    if not isinstance(body, dict):
        raise Refused(400, "The body of the request is not a JSON object.")
    if not isinstance(body.get("model"), str):
        raise Refused(400, "You must provide a model parameter.", "model")
    try:
        if path.endswith("/chat/completions"):
            return chat.reply(body, chunks)
        if path.endswith("/responses"):
            return responses.reply(body, chunks)
        if path.endswith("/messages"):
            return messages.reply(body, chunks)
        if path.endswith("/embeddings"):
            return embeddings.reply(body)
        return completions.reply(body, chunks)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as wrong:
        raise Refused(400, f"The request is malformed: {wrong!r}") from wrong


def _model(name: str) -> Json:
    return {"id": name, "object": "model", "created": CREATED_S, "owned_by": "standin"}
