"""OpenAI's embeddings for Vertex's ``:predict``
(https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.formats.vertex_embeddings import input_tokens
from agw.translate import embeddings, failures, reading
from agw.translate.base import Translated
from agw.translate.gemini.errors import read_error
from agw.translate.unstreamed import Unstreamed

_TASKS = {
    "query": "RETRIEVAL_QUERY",
    "search_query": "RETRIEVAL_QUERY",
    "document": "RETRIEVAL_DOCUMENT",
    "passage": "RETRIEVAL_DOCUMENT",
    "search_document": "RETRIEVAL_DOCUMENT",
    "classification": "CLASSIFICATION",
    "clustering": "CLUSTERING",
}


class EmbeddingsToVertex(Unstreamed):
    def __init__(self) -> None:
        super().__init__()
        self._asked = embeddings.Asked()

    def request(self, body: Mapping[str, Any]) -> Translated:
        asked = self._asked = embeddings.read(body)
        self._lose_others(body, embeddings.KNOWN)
        task = {} if asked.purpose is None else {"task_type": _TASKS.get(asked.purpose.lower(), asked.purpose)}
        written: dict[str, Any] = {"instances": [{"content": one, **task} for one in asked.inputs]}
        if asked.dimensions is not None:
            written["parameters"] = {"outputDimensionality": asked.dimensions}
        return Translated(written, self.dropped)

    def answer(self, body: Mapping[str, Any]) -> dict[str, Any]:
        found = [reading.mapping(one, "embeddings").get("values") for one in reading.objects(body, "predictions")]
        return embeddings.write(self._asked, found, input_tokens(body))

    def error(self, status: int, body: Mapping[str, Any] | None) -> dict[str, Any]:
        return failures.openai_error(read_error(status, body))
