"""Cohere's rerank, as the client of translations sees it (https://docs.cohere.com/reference/rerank)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from agw.errors import BadRequest
from agw.translate import reading
from agw.translate.neutral import Failure
from agw.translate.writing import compact, new_id

KNOWN = frozenset({"model", "query", "documents", "top_n", "return_documents", "max_tokens_per_doc"})


@dataclass(frozen=True, slots=True)
class Asked:
    model: str = ""
    query: str = ""
    documents: tuple[Any, ...] = ()
    """As the client wrote them: texts or objects."""
    top_n: int | None = None
    return_documents: bool = False
    max_tokens_per_doc: int | None = None


def read(body: Mapping[str, Any]) -> Asked:
    """Raises BadRequest."""
    documents = body.get("documents")
    if not isinstance(documents, list) or not documents or not all(isinstance(one, str | dict) for one in documents):
        raise BadRequest("documents: must be a list of texts or objects")
    return Asked(
        model=reading.demanded_string(body, "model", ""),
        query=reading.demanded_string(body, "query", ""),
        documents=tuple(documents),
        top_n=reading.integer(body, "top_n"),
        return_documents=body.get("return_documents") is True,
        max_tokens_per_doc=reading.integer(body, "max_tokens_per_doc"),
    )


def text_of(document: Any) -> str:
    """An object's ``text``, or all of it as JSON where it has none."""
    if isinstance(document, str):
        return document
    text = document.get("text")
    return text if isinstance(text, str) else compact(document)


def write(asked: Asked, scores: Iterable[tuple[int, float]]) -> dict[str, Any]:
    """The client's answer; ``scores`` are (place of the document, relevance), the best first."""
    results = []
    for index, score in scores:
        if not 0 <= index < len(asked.documents):
            continue
        result: dict[str, Any] = {"index": index, "relevance_score": score}
        if asked.return_documents:
            result["document"] = {"text": text_of(asked.documents[index])}
        results.append(result)
    return {"id": new_id(""), "results": results, "meta": {"api_version": {"version": "2"}}}


def error(failure: Failure) -> dict[str, Any]:
    """Cohere's errors are a message and nothing else."""
    return {"message": failure.message}
