"""An event is known again only where reading it would have changed nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.formats.registry import FORMATS
from agw.streaming.reader import AnswerReader
from agw.streaming.repeats import MOST_LEARNED, Repeats
from agw.streaming.tap import PassingTap, UsageRemovingTap


def block(text: str, **more: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    chunk = {"id": "c", "model": "m", "choices": [choice], "usage": None, **more}
    return b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n"


def learned(first: bytes, sent: bytes | None = None) -> Repeats:
    repeats = Repeats(("content", "obfuscation"))
    repeats.learn(first, first if sent is None else sent)
    return repeats


@given(st.text(), st.text())
def test_another_text_is_known(first: str, second: str) -> None:
    assert learned(block(first)).find(block(second)) == block(second)


@given(st.text(), st.text(), st.text())
def test_what_the_client_gets_of_it_is_edited_alike(first: str, second: str, padding: str) -> None:
    def sent(data: bytes) -> bytes:
        return data.replace(b', "usage": null', b"")

    one, two = block(first, obfuscation="x"), block(second, obfuscation=padding)
    if b'"usage"' in first.encode() or b'"usage"' in second.encode() + padding.encode():
        return
    assert learned(one, sent(one)).find(two) == sent(two)


@pytest.mark.parametrize(
    "other",
    [
        block("x", usage={"prompt_tokens": 1}),
        block("x", id="d"),
        block("x").replace(b"\n\n", b"\r\n\r\n"),
        block("x").replace(b'"x"', b"null"),
        block("x").replace(b'"x"', b'["x"]'),
        block("x").replace(b'"x"', b'"x", "tool_calls": []'),
        block("x").replace(b"null}]", b'"stop"}]'),
        b"event: y\n" + block("x"),
        b"data: [DONE]\n\n",
        b": keep-alive\n\n",
        b"",
    ],
)
def test_what_differs_elsewhere_is_not(other: bytes) -> None:
    assert learned(block("one")).find(other) is None


def test_nothing_is_known_before_anything_was_learned_nor_from_what_has_no_text() -> None:
    assert Repeats(("content",)).find(block("x")) is None
    assert learned(b"data: [DONE]\n\n").find(b"data: [DONE]\n\n") is None


def test_a_text_that_quotes_the_member_is_no_second_one() -> None:
    tricky = 'he said "content": "y"'
    assert learned(block(tricky)).find(block("z")) == block("z")
    both = block("x", content="y")
    assert learned(both).find(both) is None


def test_a_stream_of_ever_new_shapes_is_not_learned_for_ever() -> None:
    repeats = Repeats(("content",))
    for number in range(MOST_LEARNED + 5):
        repeats.learn(block("x", id=str(number)), block("x", id=str(number)))
    assert repeats.find(block("y", id=str(MOST_LEARNED + 4))) is None
    assert repeats.find(block("y", id=str(MOST_LEARNED - 1))) is not None


texts = st.lists(st.text(max_size=8), max_size=12)


def answer(contents: list[str], usage: bool) -> bytes:
    out = [block(text, obfuscation="ab") for text in contents]
    out.append(block("", choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}]))
    if usage:
        counts = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
        out.append(block("", choices=[], usage=counts))
    return b"".join(out) + b"data: [DONE]\n\n"


def new_reader() -> AnswerReader:
    return AnswerReader(
        FORMATS["completions"],
        content_type="text/event-stream",
        content_encoding="",
        keep_content=False,
        now_ns=lambda: 5,
    )


def passed(data: bytes, cut: int, kind: type[PassingTap | UsageRemovingTap], *, learn: bool) -> tuple[bytes, Any]:
    reader = new_reader()
    if not learn:
        reader._repeats = None
    tap = kind(reader, lambda: 5)
    out = b""
    for start in range(0, len(data), cut):
        piece = tap(data[start : start + cut])
        out += piece if isinstance(piece, bytes) else b"".join(piece)
    last = tap(b"")
    out += last if isinstance(last, bytes) else b"".join(last)
    return out, (reader.facts(), reader.first_token_ns, tap.sha256())


@pytest.mark.parametrize("kind", [PassingTap, UsageRemovingTap])
@given(texts, st.booleans(), st.integers(1, 400))
def test_the_same_bytes_and_facts_with_it_and_without(kind: Any, contents: list[str], usage: bool, cut: int) -> None:
    data = answer(contents, usage)
    assert passed(data, cut, kind, learn=True) == passed(data, cut, kind, learn=False)


def test_events_that_came_together_are_known_together_up_to_the_first_that_is_not() -> None:
    stop = block("", choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
    known = block("two") + block('"three"\\')
    for behind in (b"", stop, stop + block("four"), block("four")[:-1], b": keep-alive\n\n" + block("four")):
        assert learned(block("one")).begin(known + behind) == (known, behind)


def test_a_shape_is_known_within_the_piece_in_which_it_was_learned() -> None:
    data, read = answer(["a"] * 50, usage=False), []

    def edit(one: bytes, _event: Any) -> bytes:
        read.append(one)
        return one

    reader = new_reader()
    assert b"".join(reader.edited(data, edit)) == data
    assert len(read) == 3


def test_where_reading_fails_what_nobody_has_seen_is_held_as_it_was() -> None:
    def fail(_one: bytes, _event: Any) -> bytes:
        raise RuntimeError

    for repeats in (True, False):
        reader = AnswerReader(
            FORMATS["completions"],
            content_type="text/event-stream",
            content_encoding="",
            keep_content=not repeats,
            now_ns=lambda: 5,
        )
        reader.edited(b"data: {", fail)
        with pytest.raises(RuntimeError):
            reader.edited(b"}\n\ndata: ", fail)
        assert reader.held() == b"data: {"
