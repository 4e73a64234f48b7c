"""What a whole answer's reader makes of bodies that are no objects."""

from __future__ import annotations

import pytest

from agw.formats.registry import FORMATS
from agw.streaming.reader import AnswerReader


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (b'[{"error": {"code": 400, "message": "no"}}]', {"error": {"code": 400, "message": "no"}}),
        (b'[{"a": 1}]', None),
        (b'[{"error": 1}, {"error": 2}]', None),
        (b"[]", None),
        (b"1", None),
    ],
)
def test_an_error_that_comes_as_a_list_of_one_is_read(raw: bytes, body: object) -> None:
    reader = AnswerReader(
        FORMATS["completions"], content_type="application/json", content_encoding="", keep_content=False, now_ns=int
    )
    reader.take(raw)
    assert reader.body() == body
