"""A provider for tests that speaks Gemini's and Bedrock's own APIs, Bedrock's streams in its own framing.

It says "Hello there" or, where the request has tools and the last word is not a tool's, calls the first of them;
Gemini shows a thought before it where it is asked to. What it was asked stands in ``seen``.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from support.eventstream import event, invoked

GEMINI_USAGE = {"promptTokenCount": 20, "candidatesTokenCount": 5, "thoughtsTokenCount": 7, "totalTokenCount": 32,
                "cachedContentTokenCount": 8}  # fmt: skip
CONVERSE_USAGE = {
    "inputTokens": 3,
    "outputTokens": 9,
    "totalTokens": 112,
    "cacheReadInputTokens": 100,
    "cacheWriteInputTokens": 0,
}


CLAUDES_ANSWER = {
    "type": "message",
    "id": "msg_1",
    "model": "claude-x",
    "role": "assistant",
    "stop_reason": "end_turn",
    "content": [{"type": "text", "text": "Hello there"}],
    "usage": {"input_tokens": 3, "output_tokens": 9, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 0},
}
CLAUDES_EVENTS: list[dict[str, Any]] = [
    {"type": "message_start", "message": {**CLAUDES_ANSWER, "content": [], "stop_reason": None}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello there"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}},
    {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 3, "outputTokenCount": 9}},
]  # fmt: skip


class Upstream:
    def __init__(self, port: int) -> None:
        self.port = port
        self.seen: list[dict[str, Any]] = []
        self.status = 200

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextmanager
def native_upstream() -> Iterator[Upstream]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length", 0)))
            body = json.loads(raw or b"{}")
            upstream.seen.append(
                {
                    "path": unquote(self.path),
                    "headers": dict(self.headers.items()),
                    "body": body,
                    "raw": raw,
                    "target": self.path,
                }
            )
            kind, data = answer(unquote(self.path), body, upstream.status)
            self.send_response(upstream.status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(data)))
            if "/invoke" in self.path:
                self.send_header("x-amzn-bedrock-input-token-count", "6")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    upstream = Upstream(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield upstream
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(path: str, body: dict[str, Any], status: int) -> tuple[str, bytes]:
    path, _, query = path.partition("?")
    if status >= 400:
        error: Any = {"error": {"code": status, "message": "no quota", "status": "RESOURCE_EXHAUSTED"}}
        return _json({"message": "no quota"} if "/model/" in path else error)
    if path.endswith((":generateContent", ":streamGenerateContent")):
        return _gemini(body, path.endswith(":streamGenerateContent"), sse="alt=sse" in query)
    if path.endswith("/converse-stream"):
        return "application/vnd.amazon.eventstream", b"".join(_frames(body))
    if path.endswith("/converse"):
        block = {"toolUse": {"toolUseId": "tooluse_1", "name": _bedrock_tool(body), "input": {"city": "Oslo"}}}
        content = [block] if _bedrock_tool(body) else [{"text": "Hello there"}]
        stop = "tool_use" if _bedrock_tool(body) else "end_turn"
        return _json(
            {
                "output": {"message": {"role": "assistant", "content": content}},
                "stopReason": stop,
                "usage": CONVERSE_USAGE,
            }
        )
    if path.endswith("/invoke-with-response-stream"):
        return "application/vnd.amazon.eventstream", b"".join(invoked(one) for one in CLAUDES_EVENTS)
    if path.endswith("/invoke") and "claude" in path:
        return _json(CLAUDES_ANSWER)
    if path.endswith("/invoke") and "cohere" in path:
        return _json({"embeddings": {"float": [[0.5] for _ in body["texts"]]}, "response_type": "embeddings_by_type"})
    if path.endswith("/invoke"):
        return _json({"embedding": [0.5, 0.25], "inputTextTokenCount": 6})
    if path.endswith(":predict"):
        one = {"embeddings": {"values": [0.5], "statistics": {"token_count": 3}}}
        return _json({"predictions": [one for _ in body["instances"]]})
    if path.endswith("/rerank"):
        return _json({"results": [{"index": 1, "relevanceScore": 0.9}]})
    if path.endswith("/count-tokens"):
        return _json({"inputTokens": 33})
    return _json({"totalTokens": 31})


def _json(body: Any) -> tuple[str, bytes]:
    return "application/json", json.dumps(body).encode()


def _gemini(body: dict[str, Any], streamed: bool, *, sse: bool) -> tuple[str, bytes]:
    tools = [one["name"] for tool in body.get("tools", []) for one in tool.get("functionDeclarations", [])]
    answered = any("functionResponse" in part for part in body["contents"][-1]["parts"])
    head = {"modelVersion": "gemini-2.5-flash-001", "responseId": "gemini-1"}
    if tools and not answered:
        call = {"functionCall": {"name": tools[0], "args": {"city": "Oslo"}}, "thoughtSignature": "c2ln"}
        pieces: list[dict[str, Any]] = [call]
    else:
        pieces = [{"text": "Hello"}, {"text": " there"}]
    if not streamed and "text" in pieces[0]:
        pieces = [{"text": "Hello there"}]
    if body.get("generationConfig", {}).get("thinkingConfig", {}).get("includeThoughts"):
        pieces.insert(0, {"text": "Let me see.", "thought": True})
    if not streamed:
        candidate = {"content": {"parts": pieces, "role": "model"}, "finishReason": "STOP", "index": 0}
        return _json({"candidates": [candidate], "usageMetadata": GEMINI_USAGE, **head})
    chunks: list[dict[str, Any]] = [
        {
            "candidates": [{"content": {"parts": [piece], "role": "model"}, "index": 0}],
            "usageMetadata": {"promptTokenCount": 20},
            **head,
        }
        for piece in pieces
    ]
    chunks[-1]["candidates"][0]["finishReason"] = "STOP"
    chunks[-1]["usageMetadata"] = GEMINI_USAGE
    if sse:
        return "text/event-stream", b"".join(b"data: " + json.dumps(one).encode() + b"\r\n\r\n" for one in chunks)
    return "application/json", json.dumps(chunks, indent=1).encode()


def _bedrock_tool(body: dict[str, Any]) -> str | None:
    answered = any("toolResult" in block for block in body["messages"][-1]["content"])
    tools = body.get("toolConfig", {}).get("tools", [])
    return None if answered or not tools else str(tools[0]["toolSpec"]["name"])


def _frames(body: dict[str, Any]) -> Iterator[bytes]:
    name = _bedrock_tool(body)
    yield event("messageStart", {"role": "assistant"})
    if name:
        yield event(
            "contentBlockStart",
            {"contentBlockIndex": 0, "start": {"toolUse": {"toolUseId": "tooluse_1", "name": name}}},
        )
    for piece in ('{"city":', '"Oslo"}') if name else ("Hello", " there"):
        delta = {"toolUse": {"input": piece}} if name else {"text": piece}
        yield event("contentBlockDelta", {"contentBlockIndex": 0, "delta": delta})
    yield event("contentBlockStop", {"contentBlockIndex": 0})
    yield event("messageStop", {"stopReason": "tool_use" if name else "end_turn"})
    yield event("metadata", {"usage": CONVERSE_USAGE, "metrics": {"latencyMs": 1}})
