"""What each platform is told, whole: names, value types, events, ids. ``AGW_GOLDEN=write pytest …`` writes the files."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agw.record import CallRecord
from agw.telemetry.dialects import DIALECTS
from agw.telemetry.dialects.helicone import log_of
from agw.telemetry.otlp import span_of
from support.otlp_receiver import attributes_of
from support.records import attributed_record, broken_off_record, embeddings_record, failed_record

GOLDEN = Path(__file__).with_name("golden")
CONTENT = {
    *("gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.tool.definitions"),
    *("input.value", "input.mime_type", "output.value", "output.mime_type", "gen_ai.prompt", "gen_ai.completion"),
    *("langfuse.observation.input", "langfuse.observation.output"),
}
RECORDS = {
    "chat": attributed_record(),
    "chat-without-content": replace(attributed_record(), content=None),
    "embeddings": embeddings_record(),
    "failed": failed_record(),
    "broken-off": broken_off_record(),
}


def typed(found: dict[str, Any]) -> dict[str, Any]:
    """With types, because 1 == 1.0 == True."""
    return {name: [type(value).__name__, value] for name, value in found.items()}


def told(record: CallRecord, platform: str) -> dict[str, Any]:
    span = span_of(record, DIALECTS[platform])
    return {
        "name": span.name,
        "trace_id": span.trace_id.hex(),
        "parent": span.parent_span_id.hex(),
        "status": [span.status.code, span.status.message],
        "attributes": typed(attributes_of(span)),
        "events": [
            {"name": one.name, "time": one.time_unix_nano, "attributes": typed(attributes_of(one))}
            for one in span.events
        ],
    }


def readable(found: Any, indent: str = "") -> str:
    """JSON with one attribute to a line."""
    deeper = indent + "  "
    if isinstance(found, dict) and found:
        lines = [f"{deeper}{json.dumps(name)}: {readable(one, deeper)}" for name, one in found.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(found, list) and any(isinstance(one, dict) for one in found):
        return "[\n" + ",\n".join(deeper + readable(one, deeper) for one in found) + f"\n{indent}]"
    return json.dumps(found, ensure_ascii=False)


def hold(found: Any, name: str) -> None:
    file = GOLDEN / f"{name}.json"
    text = readable(found) + "\n"
    if os.environ.get("AGW_GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert json.loads(file.read_text(encoding="utf-8")) == json.loads(text)


@pytest.mark.parametrize("record", RECORDS)
@pytest.mark.parametrize("platform", [*DIALECTS])
def test_a_platform_is_told_exactly_this(platform, record):
    hold(told(RECORDS[record], platform), f"{platform}-{record}")


@pytest.mark.parametrize("platform", [*DIALECTS])
def test_model_tokens_and_cost_come_first_and_content_last(platform):
    names = list(told(attributed_record(), platform)["attributes"])
    first = names[:16]
    assert {"gen_ai.request.model", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"} <= set(first)
    assert "agw.ai.usage.cost.total" in first
    content = [name for name in names if name in CONTENT]
    assert content
    assert set(names[names.index(content[0]) :]) <= CONTENT


@pytest.mark.parametrize("record", RECORDS)
def test_helicone_is_told_exactly_this(record):
    log = log_of(RECORDS[record])
    hold({"path": log.path, "headers": log.headers, "body": json.loads(log.body)}, f"helicone-{record}")
