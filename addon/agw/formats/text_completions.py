"""Legacy completions (https://platform.openai.com/docs/api-reference/completions)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.formats import parts
from agw.formats.completions import Completions
from agw.formats.fields import items, text
from agw.record import Content


class TextCompletions(Completions):
    """Like chat, but for the prompt and the place of the text."""

    api_type = "text_completions"
    operation = "text_completion"

    def request_content(self, body: Mapping[str, Any]) -> Content:
        prompt = body.get("prompt")
        prompts = prompt if isinstance(prompt, list) else [prompt]
        return Content(
            input_messages=[
                {"role": "user", "parts": [parts.text_part(one)]} for one in prompts if isinstance(one, str)
            ]
        )

    def answer_content(self, body: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        return [
            {
                "role": "assistant",
                "parts": [parts.text_part(one["text"])] if isinstance(one.get("text"), str) else [],
                "finish_reason": parts.finish_reason(text(one, "finish_reason")),
            }
            for one in items(body, "choices")
        ]
