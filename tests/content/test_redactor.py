"""Rules over texts and JSON: in windows, in order, in keys and numbers, and across the borders of a stream."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.content.recognisers import MAX_MATCH
from agw.content.redactor import ALL, MAX_TEXT, Redactor, Rule
from agw.formats.registry import FORMATS
from agw.streaming.sse import SseEvent

EVERYTHING = Redactor(ALL)
CARD, KEY, MAIL = "4111 1111 1111 1111", "sk-proj-abcdefghijklmnop1234", "ada@example.com"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def test_each_find_is_replaced_by_its_rules_name():
    said = f"pay {CARD} with {KEY}, mail {MAIL}"
    assert EVERYTHING.text(said) == "pay [redacted creditCard] with [redacted apiKeys], mail [redacted email]"


def test_only_the_rules_that_are_named_apply():
    assert Redactor((Rule("email"),)).text(f"{CARD} {MAIL}") == f"{CARD} [redacted email]"
    assert not Redactor(())
    assert Redactor(()).text(CARD) == CARD


def test_ones_own_rules_have_a_name_and_may_have_a_replacement():
    rules = (Rule("employee", r"emp-\d{5}"), Rule("project", r"(?i)\bX-\w+", "<project>"), Rule("email"))
    assert Redactor(rules).text(f"emp-12345 on x-ray, {MAIL}, äöü emp-54321") == (
        "[redacted employee] on <project>, [redacted email], äöü [redacted employee]"
    )


def test_a_rule_of_ones_own_that_matches_nothing_or_everything_ends():
    assert Redactor((Rule("nothing", r"x*"),)).text("abc") == "abc"
    assert Redactor((Rule("all", r"(?s).+"),)).text("abc" * 1000) == "[redacted all]"
    assert Redactor((Rule("slow", r"(a+)+$"),)).text("a" * 50_000 + "b") == "a" * 50_000 + "b"


def test_a_pattern_that_is_none_is_refused():
    with pytest.raises(ValueError, match="not a regular expression"):
        Redactor((Rule("look", r"(?=x)"),))


def test_keys_and_numbers_are_looked_at_too_and_the_rest_stays_as_it_is():
    value = {"to": {MAIL: [1, 4111111111111111, 4111111111111112, True, None, 1.5]}, "short": 4111}
    assert EVERYTHING.json(value) == {
        "to": {"[redacted email]": [1, "[redacted creditCard]", 4111111111111112, True, None, 1.5]},
        "short": 4111,
    }
    assert value["to"][MAIL][1] == 4111111111111111, "nothing is changed in place"


@given(JSON)
def test_json_without_finds_is_the_same_object(value):
    assert Redactor((Rule("never", "\\x{1F99C}\\x{1F99C}"),)).json(value) is value


@pytest.mark.parametrize(
    "secret", [CARD, KEY, MAIL, "x-----BEGIN PRIVATE KEY-----" + "A" * 12_000 + "-----END PRIVATE KEY-----"]
)
@pytest.mark.parametrize("border", [65_536, 131_072])
def test_a_find_at_a_windows_border_is_found_whole(secret, border):
    for shift in (0, 1, len(secret) // 2, len(secret) - 1, len(secret)):
        text = " " * (border - shift) + secret + " end"
        found = EVERYTHING.text(text)
        assert "redacted" in found
        assert not any(piece in found for piece in (secret[-8:], secret[1:9]) if piece.strip("-A "))
        assert found.endswith("end")


@given(st.lists(st.sampled_from([CARD, KEY, MAIL, "+49 170 1234567", "word", "."]), max_size=20), st.integers(0, 3))
def test_everything_between_the_finds_stays(words, blanks):
    gap = "\n" + "." * blanks + "\n"
    names = {CARD: "creditCard", KEY: "apiKeys", MAIL: "email", "+49 170 1234567": "phoneNumber"}
    expected = gap.join(f"[redacted {names[word]}]" if word in names else word for word in words)
    assert EVERYTHING.text(gap.join(words)) == expected
    assert EVERYTHING.text(expected) == expected, "what was redacted once stays as it is"


def test_of_an_endless_text_the_end_is_left_out_with_what_might_be_half_a_secret():
    text = "a " * (MAX_TEXT // 2 - 8) + KEY + " b" * MAX_TEXT
    found = EVERYTHING.text(text)
    assert KEY[:12] not in found
    assert found.endswith(f"…[{len(text) - MAX_TEXT} more characters]")
    assert len(found) < MAX_TEXT + MAX_MATCH


@pytest.mark.parametrize("secret", [CARD, KEY, MAIL])
def test_the_borders_of_a_streams_chunks_hide_nothing(secret):
    said = f"it is {secret}, yes"
    for cut in range(1, len(said)):
        fold = FORMATS["completions"].fold(keep_content=True)
        for piece in (said[:cut], said[cut : cut + 1], said[cut + 1 :]):
            delta = {"content": piece, "reasoning_content": piece}
            fold.feed(SseEvent("", json.dumps({"choices": [{"index": 0, "delta": delta}]})))
        fold.feed(SseEvent("", "[DONE]"))
        assert secret not in json.dumps(EVERYTHING.json(fold.output_messages()))
