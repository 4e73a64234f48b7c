"""One recorded request and its answer, and the record that the gateway would have made of it.

Its times are the original ones, and its ids come from what was said and when: importing the same file again gives the
same ids, so that nothing is there twice, in the journal or on a platform.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from agw.formats.body import JsonObject
from agw.formats.registry import format_for_path
from agw.providers import provider_of_host
from agw.record import Call, CallError, CallRecord, Evidence, SpanIds
from agw.record.attribution import attribute
from agw.record.transient import Claims
from agw.streaming.decode import decode_whole
from agw.streaming.reader import AnswerReader


@dataclass(frozen=True, slots=True)
class Exchange:
    """As it was on the wire; bodies still encoded. Header names in lower case, with all their values. Times are UTC
    nanoseconds; ``status`` is None where no answer came."""

    method: str
    host: str
    port: int
    path: str
    """With its query."""
    start_ns: int
    end_ns: int
    request_headers: Mapping[str, list[str]] = field(default_factory=dict)
    request_body: bytes = b""
    status: int | None = None
    answer_headers: Mapping[str, list[str]] = field(default_factory=dict)
    answer_body: bytes | None = b""
    """None where the recording has not kept it."""
    first_byte_ns: int | None = None
    broken_off: bool = False
    client_address: str | None = None


def record_of(exchange: Exchange, provider: str | None = None, *, keep_content: bool = True) -> CallRecord | None:
    """None for what is no call to a model. ``provider`` is that of unknown hosts; None leaves those out."""
    name = provider_of_host(exchange.host) or provider
    path = exchange.path.partition("?")[0]
    if exchange.method != "POST" or name is None:
        return None
    form = format_for_path(path)
    try:
        body = JsonObject.parse(_decoded(exchange.request_body, exchange.request_headers)).values
    except (ValueError, LookupError):
        return None
    facts = form.read_request(body)
    if facts.model is None:
        return None
    call = Call(
        ids=ids_of(exchange),
        start_ns=exchange.start_ns,
        provider=name,
        request=facts,
        url_path=path,
        client_model=facts.model,
        client_address=exchange.client_address,
        user_agent=_one(exchange.request_headers, "user-agent"),
    )
    call.attribution = attribute(exchange.request_headers, body, Claims())
    call.forwarded(exchange.host, exchange.port)
    call.evidence = Evidence(hashlib.sha256(exchange.request_body).hexdigest(), len(exchange.request_body))
    call.notes.append("imported")
    content = form.request_content(body) if keep_content else None
    if exchange.status is None:
        return call.finish(
            exchange.end_ns, error=CallError("no_answer", "no answer was recorded"), broken_off=True, content=content
        )
    call.answering(exchange.status)
    reader = AnswerReader(
        form,
        content_type=_one(exchange.answer_headers, "content-type") or "",
        content_encoding=_one(exchange.answer_headers, "content-encoding") or "",
        keep_content=keep_content,
        now_ns=lambda: exchange.end_ns,
        stream_asked=facts.stream,
    )
    data = exchange.answer_body
    if data is None:
        call.notes.append("answer not read: the recording has not kept it")
    else:
        call.evidence = replace(
            call.evidence, response_sha256=hashlib.sha256(data).hexdigest(), response_bytes=len(data)
        )
        for piece in (data, b"") if data else (b"",):
            if reader.streamed:
                reader.events(piece)
            elif piece:
                reader.take(piece)
    answer = reader.facts()
    call.notes.extend(reader.notes())
    cut = exchange.broken_off or (facts.stream and reader.streamed and not answer.complete and exchange.status < 400)
    if content is not None:
        content = replace(content, output_messages=reader.output_messages())
    return call.finish(
        exchange.end_ns,
        answer=answer,
        broken_off=cut,
        # The first token's own time is not in a recording, only the first byte's.
        first_chunk_ns=exchange.first_byte_ns if facts.stream else None,
        content=content,
    )


def ids_of(exchange: Exchange) -> SpanIds:
    """From the request, the answer and the moment, by SHA-256. Two calls that agree in all of that are one."""
    said = hashlib.sha256()
    for part in (
        f"{exchange.method} {exchange.host}:{exchange.port}{exchange.path} {exchange.start_ns}".encode(),
        exchange.request_body,
        exchange.answer_body or b"",
    ):
        said.update(hashlib.sha256(part).digest())
    digest = said.hexdigest()
    return SpanIds(trace_id=digest[:32], span_id=digest[32:48])


def _decoded(data: bytes, headers: Mapping[str, list[str]]) -> bytes:
    encoding = _one(headers, "content-encoding")
    return decode_whole(data, encoding) if encoding else data


def _one(headers: Mapping[str, list[str]], name: str) -> str | None:
    return ", ".join(headers[name]) if name in headers else None
