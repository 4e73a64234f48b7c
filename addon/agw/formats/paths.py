"""What the path of a request tells: the format, and for APIs that name the model in their URL, the model.

Vertex, Gemini (``/v1beta/models/M:generateContent``), Bedrock (``/model/M/converse``) and Azure's older paths
(``/openai/deployments/M/chat/completions``) do. Where ``model_of_path`` gives a model, ``RequestFacts.model`` is to be
set from it when the body names none; where ``streams`` is true, ``RequestFacts.stream``: those bodies tell neither.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

_COLON = re.compile(r"/(?:models|tunedModels|endpoints)/([^/:]+)(?::|$)")
_BEDROCK = re.compile(r"/model/([^/]+)/(?:converse|converse-stream|invoke|invoke-with-response-stream|count-tokens)$")
_AZURE = re.compile(r"/openai/deployments/([^/]+)/")
_STREAMING = (":streamGenerateContent", ":streamRawPredict", "/converse-stream", "/invoke-with-response-stream")
# Vertex counts Claude's tokens at a "model" of this name; the body says which model is meant.
_NOT_MODELS = ("count-tokens", "openapi")

_INVOKES = ("/invoke", "/invoke-with-response-stream")

# The longer suffix first: /chat/completions ends in /completions too.
_SUFFIXES = (
    ("/chat/completions", "completions"),
    ("/completions", "text_completions"),
    ("/embeddings", "embeddings"),
    ("/messages/count_tokens", "anthropicTokenCount"),
    ("/count-tokens:rawPredict", "anthropicTokenCount"),
    ("/messages", "messages"),
    (":rawPredict", "messages"),
    (":streamRawPredict", "messages"),
    (":generateContent", "generateContent"),
    (":streamGenerateContent", "generateContent"),
    (":countTokens", "geminiCountTokens"),
    ("/converse", "converse"),
    ("/converse-stream", "converse"),
    ("/rerank", "rerank"),
    ("/realtime", "realtime"),
    ("/models", "models"),
    ("/responses", "responses"),
)

_REMEMBERED = 512
_MAX_REMEMBERED = 256
"""How many paths are remembered with what they tell, and how long they may be: an app has few, and asks each anew."""


def type_of_path(path: str) -> str:
    """The API type for ``path`` (without query), ``detect`` where none fits: agentgateway.md §1.10's default map, and
    Bedrock's paths. The map's ``*`` is ``passthrough`` there; who looks at all traffic decides that, not this table.
    """
    return _told(path)[0]


def model_of_path(path: str) -> str | None:
    """The model that ``path`` (without query) names, decoded; None where it names none.

    A Bedrock model may be an ARN or an id with a version (``…v2:0``), a Vertex one carries ``@version``.
    """
    return _told(path)[1]


def _told(path: str) -> tuple[str, str | None]:
    return _remembered(path) if len(path) <= _MAX_REMEMBERED else _read(path)


def _read(path: str) -> tuple[str, str | None]:
    return _type(path.rstrip("/")), _model(path)


_remembered = lru_cache(_REMEMBERED)(_read)


def _type(path: str) -> str:
    if path.endswith(_INVOKES) and _BEDROCK.search(path) is not None:
        return "bedrockInvoke"
    return next((kind for suffix, kind in _SUFFIXES if path.endswith(suffix)), "detect")


def _model(path: str) -> str | None:
    for pattern in (_BEDROCK, _AZURE, _COLON):
        found = pattern.search(path.rstrip("/")) if pattern is _BEDROCK else pattern.search(path)
        if found is not None and found[1] not in _NOT_MODELS:
            return unquote(found[1])
    return None


def streams(path: str) -> bool:
    """True for paths whose answer is a stream whatever the body says."""
    return path.rstrip("/").endswith(_STREAMING)
