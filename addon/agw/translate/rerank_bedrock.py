"""Cohere's rerank for Bedrock's agent runtime
(https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Rerank.html). It tells no tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.translate import reading, rerank
from agw.translate.base import Translated
from agw.translate.converse.errors import read_error
from agw.translate.unstreamed import Unstreamed

_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


class RerankToBedrock(Unstreamed):
    """``region`` stands in the model's ARN, which this API wants where others take an id."""

    def __init__(self, region: str) -> None:
        super().__init__()
        self._region = region
        self._asked = rerank.Asked()

    def request(self, body: Mapping[str, Any]) -> Translated:
        asked = self._asked = rerank.read(body)
        self._lose_others(body, rerank.KNOWN)
        model: dict[str, Any] = {"modelArn": self._arn(asked.model)}
        if asked.max_tokens_per_doc is not None:
            if "cohere" in asked.model.lower():
                model["additionalModelRequestFields"] = {"max_tokens_per_doc": asked.max_tokens_per_doc}
            else:
                self._losses.add("max_tokens_per_doc")
        config: dict[str, Any] = {"modelConfiguration": model}
        if asked.top_n is not None:
            # Bedrock refuses to be asked for more than there is.
            config["numberOfResults"] = min(asked.top_n, len(asked.documents))
        written = {
            "queries": [{"type": "TEXT", "textQuery": {"text": asked.query}}],
            "sources": [_source(one) for one in asked.documents],
            "rerankingConfiguration": {
                "type": "BEDROCK_RERANKING_MODEL",
                "bedrockRerankingConfiguration": config,
            },
        }
        return Translated(written, self.dropped)

    def answer(self, body: Mapping[str, Any]) -> dict[str, Any]:
        scores = [
            (index, reading.number(one, "relevanceScore") or 0.0)
            for one in reading.objects(body, "results")
            if (index := reading.integer(one, "index")) is not None
        ]
        return rerank.write(self._asked, scores)

    def error(self, status: int, body: Mapping[str, Any] | None) -> dict[str, Any]:
        return rerank.error(read_error(status, body))

    def _arn(self, model: str) -> str:
        if model.startswith("arn:"):
            return model
        partition = next((one for start, one in _PARTITIONS.items() if self._region.startswith(start)), "aws")
        return f"arn:{partition}:bedrock:{self._region}::foundation-model/{model}"


def _source(document: Any) -> dict[str, Any]:
    plain = isinstance(document, str) or isinstance(document.get("text"), str)
    inline = (
        {"type": "TEXT", "textDocument": {"text": rerank.text_of(document)}}
        if plain
        else {"type": "JSON", "jsonDocument": document}
    )
    return {"type": "INLINE", "inlineDocumentSource": inline}
