"""mitmproxy's content view for LLM calls: chosen by itself for both directions, every format, streams folded."""

from __future__ import annotations

import json
from typing import Any

from mitmproxy import contentviews, http

from agw.formats.base import Format
from agw.formats.paths import type_of_path
from agw.formats.registry import FORMATS
from agw.hooks.plan import plan_of
from agw.streaming.reader import AnswerReader
from agw.web import conversation
from agw.web.footer import footer

_CHATS = ("completions", "messages", "responses", "generateContent", "converse", "text_completions")
_PRIORITY = 10.0
"""Above JSON's and the event stream's own views."""


class LlmCall(contentviews.Contentview):
    """A call as a conversation, with its figures below."""

    name = "LLM call"
    syntax_highlight = "none"

    def render_priority(self, data: bytes, metadata: contentviews.Metadata) -> float:
        # Cheap: it is asked for every message that is shown, whatever its size. What cannot be shown falls back.
        flow = metadata.flow
        if not data or not isinstance(flow, http.HTTPFlow) or metadata.http_message is None:
            return -1
        plan = plan_of(flow)
        return _PRIORITY if (plan is not None and plan.call is not None) or _of_path(flow) else -1

    def prettify(self, data: bytes, metadata: contentviews.Metadata) -> str:
        """Raises ValueError for what is no LLM call."""
        flow, message = metadata.flow, metadata.http_message
        shown = ""
        if isinstance(flow, http.HTTPFlow) and message is not None:
            shown = answer_text(data, flow, message) if isinstance(message, http.Response) else prompt_text(data, flow)
        if not shown:
            raise ValueError("not a call to a model")
        return shown


def prompt_text(data: bytes, flow: http.HTTPFlow) -> str:
    """The request as a conversation; empty where it is none."""
    plan = plan_of(flow)
    forms = [plan.prepared.answer_format] if plan is not None and plan.prepared is not None else _of_path(flow)
    body = _object(data)
    if body is None:
        return ""
    for form in forms:
        content = form.request_content(body)
        if content.input_messages:
            facts = form.read_request(body)
            head = f"{facts.operation} {facts.model or ''}".strip() + (", streamed" if facts.stream else "")
            return f"{head}\n\n{conversation.prompt(content)}"
    return ""


def answer_text(data: bytes, flow: http.HTTPFlow, response: http.Response) -> str:
    """The answer as a conversation with the call's figures; empty where it is none."""
    plan = plan_of(flow)
    own = [plan.client.form] if plan is not None and plan.client is not None else _of_path(flow)
    if not own:
        return ""
    kind = response.headers.get("content-type", "")
    for form in [*own, *(FORMATS[name] for name in _CHATS if name in FORMATS)]:
        shown = _folded(form, kind, data)
        if shown:
            record = None if plan is None else plan.record
            return shown + ("" if record is None else "\n\n" + "━" * conversation.WIDTH + "\n" + footer(record))
    return ""


def _folded(form: Format, kind: str, data: bytes) -> str:
    # The data is decoded already, whatever the header says.
    reader = AnswerReader(
        form, content_type=kind, content_encoding="", keep_content=True, now_ns=lambda: 0, stream_asked=True
    )
    if reader.streamed:
        reader.events(data)
        reader.events(b"")
    else:
        reader.take(data)
    output = [one for one in reader.output_messages() or () if one.get("parts")]
    if output:
        return conversation.answer(output)
    facts = reader.facts()
    return "" if facts.error_type is None else f"error {facts.error_type}: {facts.error_message}"


def _of_path(flow: http.HTTPFlow) -> list[Format]:
    kind = type_of_path(flow.request.path.partition("?")[0])
    return [FORMATS[kind]] if kind in _CHATS and kind in FORMATS else []


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
