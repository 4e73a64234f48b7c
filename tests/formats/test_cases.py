"""Answers as the providers' public documents show them, one file each in ``cases``: add one to add a test.

``answer`` is a whole body, ``events`` a stream of (name, data). ``expect`` names the facts that matter; ``usage`` is
compared whole, so that a class which is not there must be absent.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from agw.formats.registry import FORMATS
from agw.streaming.sse import SseEvent
from agw.usage import Usage

CASES = {path.stem: json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "cases").glob("*.json"))}


def expected_usage(given: dict[str, int | str] | None) -> Usage | None:
    if given is None:
        return None
    return Usage(**{key: Decimal(value) if key == "cost_usd" else value for key, value in given.items()})


@pytest.mark.parametrize("name", CASES)
def test_what_the_documents_show_is_read_as_they_say(name):
    case = CASES[name]
    form = FORMATS[case["api_type"]]
    if "answer" in case:
        facts = form.read_answer(case["answer"])
        messages = form.answer_content(case["answer"])
    else:
        fold = form.fold(keep_content=True)
        for event, data in case["events"]:
            fold.feed(SseEvent(event, data if isinstance(data, str) else json.dumps(data)))
        facts, messages = fold.facts(), fold.output_messages()
    expect = dict(case["expect"])
    if "usage" in expect:
        assert facts.usage == expected_usage(expect.pop("usage"))
        assert facts.usage is None or not facts.usage.contradictions()
    if "parts" in expect:
        assert messages[0]["parts"] == expect.pop("parts")
    assert facts.complete is expect.pop("complete", True)
    for key, value in expect.items():
        assert getattr(facts, key) == (tuple(value) if isinstance(value, list) else value), key
