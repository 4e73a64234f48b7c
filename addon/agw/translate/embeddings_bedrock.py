"""OpenAI's embeddings for Bedrock's InvokeModel: Amazon Titan, Amazon Nova and Cohere each have bodies of their own.

Titan: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html; Cohere:
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html; Nova:
https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html. Cohere's tokens stand only in a header
(``usage.extract.usage_from_headers``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.errors import BadRequest
from agw.formats.bedrock_embeddings import BEDROCK_EMBEDDINGS
from agw.translate import embeddings, failures
from agw.translate.base import Translated
from agw.translate.converse.errors import read_error
from agw.translate.embeddings import Asked
from agw.translate.unstreamed import Unstreamed
from agw.translate.writing import without_none

_COHERE = {
    "query": "search_query",
    "retrieval_query": "search_query",
    "document": "search_document",
    "passage": "search_document",
    "retrieval_document": "search_document",
}
_NOVA = {
    "query": "GENERIC_RETRIEVAL",
    "search_query": "GENERIC_RETRIEVAL",
    "retrieval_query": "GENERIC_RETRIEVAL",
    "classification": "CLASSIFICATION",
    "clustering": "CLUSTERING",
}


class EmbeddingsToBedrock(Unstreamed):
    def __init__(self) -> None:
        super().__init__()
        self._asked = Asked()

    def request(self, body: Mapping[str, Any]) -> Translated:
        asked = self._asked = embeddings.read(body)
        self._lose_others(body, embeddings.KNOWN)
        model = asked.model.lower()
        if "titan-embed" in model:
            written = self._titan(asked)
        elif "cohere.embed" in model:
            written = self._cohere(asked)
        elif "nova" in model and "embed" in model:
            written = self._nova(asked)
        else:
            raise BadRequest(
                "model: of Bedrock's models for embeddings, those of Amazon Titan, Amazon Nova and Cohere are served"
            )
        return Translated(written, self.dropped)

    def _titan(self, asked: Asked) -> dict[str, Any]:
        if asked.dimensions is not None and "-v2" not in asked.model:
            raise BadRequest("dimensions: this model has vectors of one length only; leave the field out")
        if asked.purpose is not None:
            self._losses.add("input_type")
        return without_none({"inputText": embeddings.only_input(asked), "dimensions": asked.dimensions})

    def _cohere(self, asked: Asked) -> dict[str, Any]:
        if asked.dimensions is not None and "embed-v4" not in asked.model:
            raise BadRequest("dimensions: this model has vectors of one length only; leave the field out")
        purpose = (asked.purpose or "search_document").lower()
        return without_none(
            {
                "texts": list(asked.inputs),
                "input_type": _COHERE.get(purpose, purpose),
                "embedding_types": ["float"],
                "output_dimension": asked.dimensions,
            }
        )

    def _nova(self, asked: Asked) -> dict[str, Any]:
        purpose = asked.purpose or "GENERIC_INDEX"
        named = purpose if purpose.isupper() and "_" in purpose else _NOVA.get(purpose.lower(), "GENERIC_INDEX")
        params = {
            "embeddingPurpose": named,
            "embeddingDimension": asked.dimensions,
            "text": {"truncationMode": "NONE", "value": embeddings.only_input(asked)},
        }
        return {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": without_none(params)}

    def answer(self, body: Mapping[str, Any]) -> dict[str, Any]:
        usage = BEDROCK_EMBEDDINGS.read_answer(body).usage
        return embeddings.write(self._asked, _vectors(body), usage.input_tokens if usage else None)

    def error(self, status: int, body: Mapping[str, Any] | None) -> dict[str, Any]:
        return failures.openai_error(read_error(status, body))


def _vectors(body: Mapping[str, Any]) -> list[Any]:
    """Titan's ``embedding``; Cohere's list of lists, by type since version 3; Nova's list of objects."""
    if isinstance(body.get("embedding"), list):
        return [body["embedding"]]
    found = body.get("embeddings")
    if isinstance(found, dict):
        found = found.get("float")
    if not isinstance(found, list):
        return []
    return [one.get("embedding") if isinstance(one, dict) else one for one in found]
