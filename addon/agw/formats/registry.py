"""The formats by name, and by the path that a client posts to (agentgateway.md §1.10)."""

from __future__ import annotations

from agw.formats.base import Format
from agw.formats.completions import Completions
from agw.formats.detect import Detect
from agw.formats.embeddings import Embeddings
from agw.formats.responses import Responses
from agw.formats.text_completions import TextCompletions

FORMATS: dict[str, Format] = {
    form.api_type: form for form in (Completions(), Responses(), TextCompletions(), Embeddings(), Detect())
}

# The longer suffix first: /chat/completions ends in /completions too.
_SUFFIXES = (
    ("/chat/completions", "completions"),
    ("/completions", "text_completions"),
    ("/embeddings", "embeddings"),
    ("/responses", "responses"),
)


def format_for_path(path: str) -> Format:
    """``path`` without its query. What no suffix fits is ``detect``."""
    path = path.rstrip("/")
    return FORMATS[next((kind for suffix, kind in _SUFFIXES if path.endswith(suffix)), "detect")]
