"""The table of cases: one file each, read by its name. A new case is a new file.

``requests``: what a client sends, what the provider gets, and what is named as dropped.
``answers``: what a provider answers, whole or as a stream, and what the client gets; a stream is checked through the
official SDK's accumulator. Members that a case does not name in ``given`` are not looked at.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agw.streaming.sse import SseEvent
from agw.translate.registry import translator
from support.sdk_folds import checked, folded

CASES = Path(__file__).parent / "cases"


def _files(kind: str) -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in sorted((CASES / kind).glob("*.json"))]


def _read(path: Path) -> dict[str, Any]:
    case: dict[str, Any] = json.loads(path.read_text())
    return case


@pytest.mark.parametrize("path", _files("requests"))
def test_a_request_reaches_the_provider_in_its_words(path: Path) -> None:
    case = _read(path)
    translated = translator(case["client"], case["wire"]).request(case["request"])
    assert translated.body == case["sent"]
    assert list(translated.dropped) == case["dropped"]


@pytest.mark.parametrize("path", _files("answers"))
def test_an_answer_reaches_the_client_in_its_words(path: Path) -> None:
    case = _read(path)
    if "answer" in case:
        one = translator(case["client"], case["wire"])
        one.request(case["request"])
        whole = checked(case["client"], one.answer(case["answer"]))
        assert _named(whole, case["given"]) == case["given"]
        assert [name for name in one.dropped if name.startswith("answer.")] == case.get("dropped", [])
    if "stream" in case:
        one = translator(case["client"], case["wire"])
        one.request({**case["request"], "stream": True, "stream_options": {"include_usage": True}})
        pieces = [piece for body in case["stream"] for piece in one.event(_event(body))] + one.end()
        assert _named(folded(case["client"], pieces), case["given"]) == case["given"]
        assert [name for name in one.dropped if name.startswith("answer.")] == case.get("dropped", [])


def _event(body: Any) -> SseEvent:
    return SseEvent("", body) if isinstance(body, str) else SseEvent(body.get("type", ""), json.dumps(body))


def _named(found: Any, expected: Any) -> Any:
    """``found`` without the members that ``expected`` does not name."""
    if isinstance(found, dict) and isinstance(expected, dict):
        return {key: _named(found.get(key), one) for key, one in expected.items()}
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        return [_named(one, other) for one, other in zip(found, expected, strict=True)]
    return found
