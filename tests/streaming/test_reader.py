"""What a whole answer's reader makes of bodies that are no plain objects."""

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
        (b'{"a": "\xc3\xa9"}', {"a": "é"}),
        ('{"a": "é"}'.encode("utf-16"), {"a": "é"}),
        ('{"a": "é"}'.encode("utf-16-le"), {"a": "é"}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": "\xed\xa0\x80"}', {"a": "\ud800"}),
        (b'{"a": "\xff"}', None),
        (b"{", None),
    ],
)
def test_a_body_is_read_whatever_its_encoding_and_an_error_also_from_a_list_of_one(raw: bytes, body: object) -> None:
    reader = AnswerReader(
        FORMATS["completions"], content_type="application/json", content_encoding="", keep_content=False, now_ns=int
    )
    reader.take(raw)
    assert reader.body() == body
