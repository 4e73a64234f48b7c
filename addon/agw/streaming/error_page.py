"""The tap on an error that is a web page: what stands in front of a provider speaks no API, and no SDK reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agw.streaming.reader import AnswerReader
from agw.streaming.tap import Pieces, Tap
from agw.translate.writing import compact


def is_error_page(status: int, content_type: str) -> bool:
    return status >= 400 and content_type.lower().startswith("text/html")


class ErrorPageTap(Tap):
    """The client gets ``body`` in place of the page."""

    edits = True

    def __init__(self, reader: AnswerReader, now_ns: Callable[[], int], body: Mapping[str, Any]) -> None:
        super().__init__(reader, now_ns)
        reader.note("the provider's error was a web page")
        self._body = compact(body).encode("utf-8", "surrogatepass")

    def _pass(self, data: bytes) -> Pieces:
        return [] if data else self._body
