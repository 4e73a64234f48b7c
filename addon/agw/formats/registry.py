"""The formats by name, and by the path that a client posts to."""

from __future__ import annotations

from agw.formats.base import Format
from agw.formats.bedrock_embeddings import BEDROCK_EMBEDDINGS
from agw.formats.bedrock_invoke import BedrockInvoke
from agw.formats.completions import Completions
from agw.formats.converse import Converse
from agw.formats.count_tokens import ANTHROPIC_COUNT, GEMINI_COUNT
from agw.formats.detect import Detect
from agw.formats.embeddings import Embeddings
from agw.formats.generate_content import GenerateContent
from agw.formats.messages import Messages
from agw.formats.models import Models
from agw.formats.paths import type_of_path
from agw.formats.realtime import Realtime
from agw.formats.rerank import Rerank
from agw.formats.responses import Responses
from agw.formats.text_completions import TextCompletions
from agw.formats.vertex_embeddings import VertexEmbeddings

FORMATS: dict[str, Format] = {
    form.api_type: form
    for form in (
        Completions(),
        Responses(),
        Messages(),
        TextCompletions(),
        GenerateContent(),
        Converse(),
        BedrockInvoke(),
        Embeddings(),
        VertexEmbeddings(),
        BEDROCK_EMBEDDINGS,
        Rerank(),
        ANTHROPIC_COUNT,
        GEMINI_COUNT,
        Models(),
        Realtime(),
        Detect(),
    )
}


def format_for_path(path: str) -> Format:
    """``path`` without its query. What no suffix fits, and what has no format of its own, is ``detect``."""
    return FORMATS.get(type_of_path(path), FORMATS["detect"])
