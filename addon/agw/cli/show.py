"""``agw show``."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from agw.cli.arguments import Commands, add_journal, command, reader_of
from agw.cli.table import dollars
from agw.record import CallRecord, codec

_HELP = """\
Shows one call: its facts, then prompt and answer as a chat, as far as they were recorded. ID is the beginning of a
span id or a trace id, as `agw calls` and every platform show it; a trace's calls are all shown.

  agw show 00f067aa
  agw show 00f067aa --json               the whole record
"""
_WIDTH = 100


def add(commands: Commands) -> None:
    one = command(commands, "show", "one call, readable as a chat", _HELP, run)
    add_journal(one)
    one.add_argument("id", metavar="ID", help="the beginning of a span id or trace id")
    one.add_argument("--json", action="store_true", help="the record as JSON, one line for each call")


def run(given: argparse.Namespace) -> int:
    wanted = given.id.strip().lower()
    if not wanted or any(ch not in "0123456789abcdef" for ch in wanted):
        print(f"{given.id!r} is not an id: it is hex, as `agw calls` shows it at the end of a line", file=sys.stderr)
        return 2
    found = reader_of(given).find(wanted)
    if not found:
        print(f"no call has an id that begins with {wanted}; `agw calls` lists the last ones", file=sys.stderr)
        return 1
    for index, record in enumerate(found):
        if given.json:
            print(codec.to_text(record))
        else:
            print("\n" * bool(index) + "\n".join(_lines(record)))
    return 0


def _lines(record: CallRecord) -> Iterator[str]:
    began = datetime.fromtimestamp(record.start_ns / 1e9, UTC)
    ids, who, usage = record.ids, record.attribution, record.answer.usage
    status = record.http_status or "no status"
    facts: list[tuple[str, object]] = [
        ("call", f"{ids.span_id}  trace {ids.trace_id}"),
        ("began", f"{began:%Y-%m-%d %H:%M:%S.%f} UTC, took {record.duration_s:.3f}s"),
        ("ended", f"{status}, {record.error.type}: {record.error.message}" if record.error else status),
        ("model", _model(record)),
        ("tokens", None if usage is None else _tokens(usage)),
        ("cost", None if record.cost is None else f"{dollars(record.cost.total_usd)} ({record.cost.source.value})"),
        ("user", " ".join(one for one in (who.user, who.group, who.key_name) if one) or None),
        ("session", who.session or record.request.conversation_id),
        ("route", " > ".join(one for one in (record.gateway, record.route, record.backend) if one) or None),
        ("notes", ", ".join(record.notes) or None),
    ]
    yield from (f"{name:<9}{_plain(str(value))}" for name, value in facts if value is not None)
    for number, attempt in enumerate(record.attempts, 1):
        ended = attempt.error_type or attempt.http_status or "?"
        yield f"attempt {number}: {_plain(f'{attempt.backend} {attempt.model or ""} {ended}')}"
    content = record.content
    if content is None:
        yield "(prompt and answer were not recorded)"
        return
    for part in content.system_instructions or ():
        yield from _block("system", [part])
    for message in (*(content.input_messages or ()), *(content.output_messages or ())):
        name = f" ({message['name']})" if message.get("name") else ""
        yield from _block(f"{message.get('role', '?')}{name}", message.get("parts") or [message])


def _model(record: CallRecord) -> str:
    names = [record.client_model, record.request.model, record.answer.model]
    return f"{record.provider} {' > '.join(dict.fromkeys(one for one in names if one)) or '?'}"


def _tokens(usage: Any) -> str:
    named = (
        ("input_tokens", "in"),
        ("cache_read_tokens", "read from cache"),
        ("cache_write_tokens", "written to cache"),
        ("output_tokens", "out"),
        ("reasoning_tokens", "reasoning"),
    )
    said = [f"{getattr(usage, name)} {word}" for name, word in named if getattr(usage, name) is not None]
    return f"{', '.join(said)} ({usage.source.value})"


def _block(role: str, parts: Iterable[Any]) -> Iterator[str]:
    yield f"\n── {_plain(role)} " + "─" * max(3, 60 - len(role))
    for part in parts:
        for line in _text(part).splitlines() or [""]:
            yield from textwrap.wrap(_plain(line), _WIDTH, replace_whitespace=False, drop_whitespace=False) or [""]


def _text(part: Any) -> str:
    if not isinstance(part, dict):
        return str(part)
    kind = part.get("type")
    if kind == "text":
        return str(part.get("content", ""))
    if kind == "reasoning":
        return f"[thinks] {part.get('content', '')}"
    if kind == "tool_call":
        return f"[calls {part.get('name')}] {json.dumps(part.get('arguments'), ensure_ascii=False)}"
    if kind == "tool_call_response":
        response = part.get("response", part.get("result"))
        shown = response if isinstance(response, str) else json.dumps(response, ensure_ascii=False)
        return f"[answer of {part.get('id', 'a tool')}] {shown}"
    if kind in ("blob", "file", "uri"):
        size = len(part["content"]) if isinstance(part.get("content"), str) else None
        more = f", {size} characters" if size is not None else ""
        return f"[{part.get('modality', kind)} {part.get('mime_type', '')}{more}]"
    return json.dumps(part, ensure_ascii=False)


def _plain(text: str) -> str:
    return "".join(ch if ch.isprintable() else " " for ch in text)
