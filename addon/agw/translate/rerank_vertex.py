"""Cohere's rerank for Google's ranking API
(https://cloud.google.com/generative-ai-app-builder/docs/ranking). It tells no tokens: it bills by requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.translate import reading, rerank
from agw.translate.base import Translated
from agw.translate.gemini.errors import read_error
from agw.translate.unstreamed import Unstreamed


class RerankToVertex(Unstreamed):
    def __init__(self) -> None:
        super().__init__()
        self._asked = rerank.Asked()

    def request(self, body: Mapping[str, Any]) -> Translated:
        asked = self._asked = rerank.read(body)
        self._lose_others(body, rerank.KNOWN)
        if asked.max_tokens_per_doc is not None:
            self._losses.add("max_tokens_per_doc")
        written: dict[str, Any] = {
            "model": asked.model,
            "query": asked.query,
            "records": [_record(index, one) for index, one in enumerate(asked.documents)],
            "ignoreRecordDetailsInResponse": True,
        }
        if asked.top_n is not None:
            written["topN"] = asked.top_n
        return Translated(written, self.dropped)

    def answer(self, body: Mapping[str, Any]) -> dict[str, Any]:
        scores = [
            (int(place), reading.number(one, "score") or 0.0)
            for one in reading.objects(body, "records")
            if (place := reading.string(one, "id") or "").isdecimal() and len(place) < 10
        ]
        return rerank.write(self._asked, scores)

    def error(self, status: int, body: Mapping[str, Any] | None) -> dict[str, Any]:
        return rerank.error(read_error(status, body))


def _record(index: int, document: Any) -> dict[str, Any]:
    """A record is its place, and a title where the document has one."""
    title = document.get("title") if isinstance(document, dict) else None
    named = {"title": title} if isinstance(title, str) else {}
    return {"id": str(index), **named, "content": rerank.text_of(document)}
