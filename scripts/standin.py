#!/usr/bin/env python3
"""A stand-in provider with OpenAI's API: answers are made up, deterministic and shaped like the real ones.

It serves the quickstart, the tests and the benchmark. Request headers ask for trouble: ``x-standin-status: 503``,
``x-standin-html: 1``, ``x-standin-chunks: N``, ``x-standin-chunk-delay-ms: N``, ``x-standin-die-after: N`` (closes the
socket after N events), ``x-standin-hang: 1``, ``x-standin-encoding: gzip|br|zstd``. ``GET /_standin/requests`` tells
what came.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import json
from collections import deque
from typing import Any

import brotli
import h11
import zstandard

WORDS = ["The", "gateway", "sees", "every", "call", "and", "lets", "it", "pass", "unchanged", "to", "its", "end", "."]
MODEL_SUFFIX = "-2024-07-18"
ENCODERS = {
    "gzip": gzip.compress,
    "br": brotli.compress,
    "zstd": lambda data: zstandard.ZstdCompressor().compress(data),
}


class Standin:
    """One server; ``seen`` holds the last requests, newest last."""

    def __init__(self, keep: int = 200) -> None:
        self.seen: deque[dict[str, Any]] = deque(maxlen=keep)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        with contextlib.suppress(ConnectionError, h11.RemoteProtocolError, asyncio.CancelledError):
            while await self._one(connection, reader, writer):
                connection.start_next_cycle()
        writer.close()

    async def _one(
        self, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        request: h11.Request | None = None
        body: list[bytes] = []
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(65536))
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                break
            else:
                return False
        assert request is not None
        answer = _Answer(connection, writer)
        headers = {key.decode(): value.decode("latin1") for key, value in request.headers}
        target = request.target.decode()
        if target.startswith("/_standin/"):
            await answer.json(200, list(self.seen))
        else:
            data = b"".join(body)
            self.seen.append(
                {
                    "method": request.method.decode(),
                    "path": target,
                    "headers": headers,
                    "body": data.decode("utf-8", "replace"),
                }
            )
            await _respond(answer, target.partition("?")[0], headers, data)
        return connection.our_state is h11.DONE and connection.their_state is h11.DONE


class _Answer:
    def __init__(self, connection: h11.Connection, writer: asyncio.StreamWriter) -> None:
        self._connection = connection
        self._writer = writer

    async def whole(self, status: int, data: bytes, *headers: tuple[str, str]) -> None:
        self._send(h11.Response(status_code=status, headers=[("content-length", str(len(data))), *headers]))
        self._send(h11.Data(data=data))
        self._send(h11.EndOfMessage())
        await self._writer.drain()

    async def json(self, status: int, value: Any, encoding: str = "") -> None:
        data = json.dumps(value).encode()
        more = []
        if encoding in ENCODERS:
            data, more = ENCODERS[encoding](data), [("content-encoding", encoding)]
        await self.whole(status, data, ("content-type", "application/json"), *more)

    async def events(self, events: list[bytes], headers: dict[str, str]) -> None:
        encoding = headers.get("x-standin-encoding", "")
        delay_s = float(headers.get("x-standin-chunk-delay-ms", "0")) / 1000
        die_after = int(headers.get("x-standin-die-after", "-1"))
        encoded = [("content-encoding", encoding)] if encoding in ENCODERS else []
        self._send(h11.Response(status_code=200, headers=[("content-type", "text/event-stream"), *encoded]))
        if encoded:
            events = [ENCODERS[encoding](b"".join(events))]
        for index, event in enumerate(events):
            if index == die_after:
                self._writer.transport.abort()
                raise ConnectionError("told to die")
            self._send(h11.Data(data=event))
            if delay_s:
                await self._writer.drain()
                await asyncio.sleep(delay_s)
        self._send(h11.EndOfMessage())
        await self._writer.drain()

    def _send(self, event: h11.Event) -> None:
        data = self._connection.send(event)
        if data:
            self._writer.write(data)


def error(message: str, kind: str, code: str | None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


async def _respond(answer: _Answer, path: str, headers: dict[str, str], data: bytes) -> None:
    if "x-standin-hang" in headers:
        await asyncio.sleep(3600)
    await asyncio.sleep(float(headers.get("x-standin-delay-ms", "0")) / 1000)
    status = int(headers.get("x-standin-status", "200"))
    if "x-standin-html" in headers:
        await answer.whole(status, b"<html><h1>Bad gateway</h1></html>", ("content-type", "text/html"))
        return
    if status >= 400:
        await answer.json(
            status, error("told to fail", "server_error" if status >= 500 else "rate_limit_exceeded", None)
        )
        return
    if headers.get("authorization") == "Bearer sk-bad":
        await answer.json(401, error("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"))
        return
    if path.endswith("/models"):
        await answer.json(
            200,
            {"object": "list", "data": [{"id": "gpt-4o-mini", "object": "model", "created": 1, "owned_by": "standin"}]},
        )
        return
    try:
        body = json.loads(data)
    except ValueError:
        await answer.json(400, error("The body is not JSON.", "invalid_request_error", None))
        return
    encoding = headers.get("x-standin-encoding", "")
    stream = body.get("stream") is True
    words = (WORDS * 100)[: int(headers.get("x-standin-chunks", "9"))]
    if path.endswith("/chat/completions"):
        if stream:
            await answer.events(chat_events(body, words), headers)
        else:
            await answer.json(200, chat(body, words), encoding)
    elif path.endswith("/responses"):
        if stream:
            await answer.events(response_events(body, words), headers)
        else:
            await answer.json(200, response(body, words), encoding)
    elif path.endswith("/embeddings"):
        await answer.json(200, embeddings(body), encoding)
    elif path.endswith("/completions"):
        await answer.json(200, text_completion(body, words), encoding)
    else:
        await answer.json(404, error(f"Unknown path {path}", "invalid_request_error", None))


def usage(words: list[str]) -> dict[str, Any]:
    return {
        "prompt_tokens": 12,
        "completion_tokens": len(words),
        "total_tokens": 12 + len(words),
        "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }


def _head(body: dict[str, Any], kind: str) -> dict[str, Any]:
    return {
        "id": "chatcmpl-standin",
        "object": kind,
        "created": 1700000000,
        "model": f"{body.get('model')}{MODEL_SUFFIX}",
        "system_fingerprint": "fp_standin",
    }


def _message(body: dict[str, Any], words: list[str]) -> tuple[dict[str, Any], str]:
    last = str((body.get("messages") or [{}])[-1].get("content"))
    if body.get("tools") and "weather" in last:
        call = {
            "id": "call_1",
            "type": "function",
            "function": {"name": body["tools"][0]["function"]["name"], "arguments": '{"city":"Oslo"}'},
        }
        return {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
    if body.get("response_format", {}).get("type") == "json_schema":
        properties = body["response_format"]["json_schema"]["schema"].get("properties", {})
        made = {name: 7 if one.get("type") in ("integer", "number") else "standin" for name, one in properties.items()}
        return {"role": "assistant", "content": json.dumps(made)}, "stop"
    return {"role": "assistant", "content": " ".join(words)}, "stop"


def chat(body: dict[str, Any], words: list[str]) -> dict[str, Any]:
    message, reason = _message(body, words)
    choice = {"index": 0, "message": {**message, "refusal": None}, "logprobs": None, "finish_reason": reason}
    return {**_head(body, "chat.completion"), "choices": [choice], "usage": usage(words), "service_tier": "default"}


def chat_events(body: dict[str, Any], words: list[str]) -> list[bytes]:
    asked = (body.get("stream_options") or {}).get("include_usage") is True
    head = {**_head(body, "chat.completion.chunk"), **({"usage": None} if asked else {})}
    message, reason = _message(body, words)
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    if "tool_calls" in message:
        call = message["tool_calls"][0]
        deltas.append({"tool_calls": [{"index": 0, **call, "function": {**call["function"], "arguments": ""}}]})
        deltas.extend(
            {"tool_calls": [{"index": 0, "function": {"arguments": part}}]} for part in ('{"city":', '"Oslo"}')
        )
    else:
        text = message["content"] if body.get("response_format") else None
        deltas.extend({"content": part} for part in ([text] if text else [word + " " for word in words]))
    chunks = [{**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    if asked:
        chunks.append({**head, "choices": [], "usage": usage(words)})
    return [
        *(b"data: %s\n\n" % json.dumps(chunk, separators=(",", ":")).encode() for chunk in chunks),
        b"data: [DONE]\n\n",
    ]


def response(body: dict[str, Any], words: list[str], status: str = "completed") -> dict[str, Any]:
    part = {"type": "output_text", "text": " ".join(words), "annotations": []}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "status": status, "content": [part]}
    done = status == "completed"
    return {
        "id": "resp_standin",
        "object": "response",
        "created_at": 1700000000,
        "status": status,
        "model": f"{body.get('model')}{MODEL_SUFFIX}",
        "output": [message] if done else [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "usage": {
            "input_tokens": 12,
            "input_tokens_details": {"cached_tokens": 4},
            "output_tokens": len(words),
            "output_tokens_details": {"reasoning_tokens": 2},
            "total_tokens": 12 + len(words),
        }
        if done
        else None,
    }


def response_events(body: dict[str, Any], words: list[str]) -> list[bytes]:
    whole = response(body, words)
    item = whole["output"][0]
    part = item["content"][0]
    at = {"item_id": "msg_1", "output_index": 0}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": response(body, words, "in_progress")},
        {"type": "response.in_progress", "response": response(body, words, "in_progress")},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {**item, "status": "in_progress", "content": []},
        },
        {"type": "response.content_part.added", **at, "content_index": 0, "part": {**part, "text": ""}},
        *(
            {"type": "response.output_text.delta", **at, "content_index": 0, "delta": word + " ", "logprobs": []}
            for word in words
        ),
        {"type": "response.output_text.done", **at, "content_index": 0, "text": part["text"], "logprobs": []},
        {"type": "response.content_part.done", **at, "content_index": 0, "part": part},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": whole},
    ]
    return [
        b"event: %s\ndata: %s\n\n" % (event["type"].encode(), json.dumps({**event, "sequence_number": index}).encode())
        for index, event in enumerate(events)
    ]


def embeddings(body: dict[str, Any]) -> dict[str, Any]:
    given = body.get("input")
    count = len(given) if isinstance(given, list) else 1
    vector: Any = [0.25, -0.5, 1.0]
    if body.get("encoding_format") == "base64":
        vector = "AACAPgAAAL8AAIA/"
    data = [{"object": "embedding", "index": index, "embedding": vector} for index in range(count)]
    return {
        "object": "list",
        "data": data,
        "model": body.get("model"),
        "usage": {"prompt_tokens": 5, "total_tokens": 5},
    }


def text_completion(body: dict[str, Any], words: list[str]) -> dict[str, Any]:
    choice = {"index": 0, "text": " ".join(words), "logprobs": None, "finish_reason": "stop"}
    return {**_head(body, "text_completion"), "choices": [choice], "usage": usage(words)}


async def main(port: int) -> None:
    server = await asyncio.start_server(Standin().serve, "127.0.0.1", port, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A stand-in provider with OpenAI's API, on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one; it is printed first")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(parser.parse_args().port))
