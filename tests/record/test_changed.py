"""A record with other values in some of its fields."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agw.record import CallRecord
from agw.record.changed import changed
from support.records import attributed_record, chat_record, failed_record


@pytest.mark.parametrize("make", [attributed_record, chat_record, failed_record])
def test_it_is_what_the_library_makes(make):
    record = make()
    made = changed(record, notes=("a",), cost=None)
    assert type(made) is CallRecord
    assert made == replace(record, notes=("a",), cost=None)
    assert record == make()


def test_a_field_that_there_is_not_is_refused():
    with pytest.raises(KeyError):
        changed(chat_record(), nothing=1)
