"""What a record derives from its times and counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agw.usage import Usage
from support.records import START_NS, chat_record, embeddings_record


def test_the_first_token_is_counted_from_the_requests_start():
    assert chat_record().time_to_first_token_s == 0.5
    assert embeddings_record().time_to_first_token_s is None


def test_the_pace_is_the_time_after_the_first_token_over_all_tokens():
    record = chat_record(first_token_ns=START_NS + 500_000_000, end_ns=START_NS + 2_500_000_000)
    record = replace(record, answer=replace(record.answer, usage=Usage(output_tokens=100)))
    assert record.time_per_output_token_s == 0.02


@pytest.mark.parametrize("usage", [None, Usage(), Usage(output_tokens=0)], ids=str)
def test_a_pace_that_is_not_known_is_absent(usage):
    record = chat_record()
    assert replace(record, answer=replace(record.answer, usage=usage)).time_per_output_token_s is None


def test_an_answer_that_broke_off_or_did_not_stream_has_no_pace():
    assert chat_record(partial=True).time_per_output_token_s is None
    assert chat_record(first_token_ns=None).time_per_output_token_s is None
