"""The spokes by name, and the one function that the pipeline calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agw.translate.base import Spoke, Translator
from agw.translate.completions import CompletionsSpoke
from agw.translate.converse.spoke import ConverseSpoke
from agw.translate.count_bedrock import CountToBedrock
from agw.translate.embeddings_bedrock import EmbeddingsToBedrock
from agw.translate.embeddings_vertex import EmbeddingsToVertex
from agw.translate.gemini.spoke import GeminiSpoke
from agw.translate.hub import HubTranslator
from agw.translate.messages import MessagesSpoke
from agw.translate.rerank_bedrock import RerankToBedrock
from agw.translate.rerank_vertex import RerankToVertex
from agw.translate.responses import ResponsesSpoke

_ALL: tuple[Spoke, ...] = (CompletionsSpoke(), MessagesSpoke(), ResponsesSpoke(), GeminiSpoke(), ConverseSpoke())
SPOKES: dict[str, Spoke] = {spoke.api_type: spoke for spoke in _ALL}
_WIRE_ONLY = frozenset({"converse"})
"""Nobody speaks these as a client of translations."""
_COUNTED = {"anthropicTokenCount": "messages", "geminiCountTokens": "generateContent"}
"""Requests to count tokens, and the API that they belong to."""

_UNSTREAMED: Mapping[tuple[str, str], Callable[[str], Translator]] = {
    ("embeddings", "vertexEmbeddings"): lambda region: EmbeddingsToVertex(),
    ("embeddings", "bedrockEmbeddings"): lambda region: EmbeddingsToBedrock(),
    ("rerank", "vertexRerank"): lambda region: RerankToVertex(),
    ("rerank", "bedrockRerank"): RerankToBedrock,
    ("anthropicTokenCount", "bedrockTokenCount"): lambda region: CountToBedrock(),
}


def can_translate(client_api_type: str, wire_api_type: str) -> bool:
    """Whether a client of the one format can be answered by a provider of the other."""
    if (client_api_type, wire_api_type) in _UNSTREAMED:
        return True
    clients = SPOKES.keys() - _WIRE_ONLY
    return client_api_type != wire_api_type and client_api_type in clients and wire_api_type in SPOKES


def plain_error(api_type: str, status: int) -> dict[str, Any]:
    """The error body of a client's API for a status of which nothing else is known."""
    spoke = SPOKES.get(_COUNTED.get(api_type, api_type))
    if spoke is None or api_type in _WIRE_ONLY:
        spoke = SPOKES["completions"]
    return spoke.write_error(spoke.read_error(status, None))


def translator(client_api_type: str, wire_api_type: str, *, region: str = "") -> Translator:
    """A new translator for one call; ``region`` is the cloud's, where the provider has one.

    Raises KeyError for a format that is not translated.
    """
    made = _UNSTREAMED.get((client_api_type, wire_api_type))
    return made(region) if made else HubTranslator(SPOKES[client_api_type], SPOKES[wire_api_type])
