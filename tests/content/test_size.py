"""Content that is too large for memory or for a collector."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from agw.content.size import MAX_CONTENT, RECORD_SIZE, bounded, content_json
from agw.record import Content
from support.records import chat_record, with_content

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def test_a_record_without_content_is_itself():
    assert bounded(chat_record()) == (chat_record(), RECORD_SIZE)


def test_content_that_fits_is_not_touched():
    record = with_content(chat_record(), "x" * 900_000)
    same, size = bounded(record)
    assert same is record
    assert 900_000 < size < MAX_CONTENT + RECORD_SIZE


def test_a_huge_image_is_cut_and_the_question_beside_it_stays_whole():
    parts = [
        {"type": "text", "content": "what is this?"},
        {"type": "blob", "modality": "image", "content": "A" * 30_000_000},
    ]
    record = with_content(chat_record())
    record = replace(record, content=replace(record.content, input_messages=[{"role": "user", "parts": parts}]))
    cut, size = bounded(record)
    assert size <= MAX_CONTENT + RECORD_SIZE
    text, image = cut.content.input_messages[0]["parts"]
    assert text == parts[0]
    assert image["content"].startswith("AAAA")
    assert image["content"].endswith("…[29934464 more characters]")
    assert cut.content.output_messages == record.content.output_messages
    assert cut.notes == ("usage_injected", "content_shortened")
    assert len(parts[1]["content"]) == 30_000_000, "the record's own content is not changed in place"


def test_many_long_messages_are_cut_until_they_fit():
    messages = [{"role": "user", "parts": [{"type": "text", "content": "y" * 50_000}]} for _ in range(300)]
    cut, size = bounded(replace(chat_record(), content=Content(input_messages=messages)))
    assert size <= MAX_CONTENT + RECORD_SIZE
    assert len(cut.content.input_messages) == 300
    assert len(content_json(cut.content.input_messages)) <= 2 * MAX_CONTENT


def test_content_of_too_many_pieces_is_left_out_and_the_record_says_so():
    content = Content(tool_definitions=[{"type": "function", "name": str(number)} for number in range(20_000)])
    cut, size = bounded(replace(chat_record(), content=content))
    assert cut.content is None
    assert cut.notes == ("usage_injected", "content_left_out")
    assert size == RECORD_SIZE


def test_content_with_a_huge_name_is_left_out_because_names_are_not_cut():
    content = Content(tool_definitions=[{"n" * 2_000_000: 1}])
    assert bounded(replace(chat_record(), content=content))[0].content is None


def test_what_was_cut_once_is_not_cut_again():
    once, _ = bounded(with_content(chat_record(), "z" * 5_000_000))
    twice, _ = bounded(once)
    assert twice is once


@given(st.lists(st.dictionaries(st.text(max_size=5), JSON, max_size=4), max_size=4))
def test_any_json_that_fits_comes_through_unchanged(messages):
    record = replace(chat_record(), content=Content(input_messages=messages))
    assert bounded(record)[0] is record
    assert json.loads(content_json(messages)) == messages
