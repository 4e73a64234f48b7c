"""Environment expansion by agentgateway.md §1.1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.config.expand import expand
from agw.errors import ConfigError

NAMES = st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True)
LITERAL = st.text(st.characters(exclude_characters="$~\r", codec="utf-8"), max_size=30)
VALUES = st.text(st.characters(codec="utf-8"), max_size=30)


def expanded(text, **environ):
    return expand(text, "cfg.yaml", environ).text


def problems(text, **environ):
    with pytest.raises(ConfigError) as caught:
        expand(text, "cfg.yaml", environ)
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: $A", "a: one"),
        ("a: ${A}", "a: one"),
        ("a: ${A}${A}-$A.", "a: oneone-one."),
        ("a: ${MISSING:-other}", "a: other"),
        ("a: ${MISSING:-}", "a: "),
        ("a: ${EMPTY:-other}", "a: "),
        ("a: $$A $${1}", "a: $A ${1}"),
        ("a: $ $, $-x $", "a: $ $, $-x $"),
        ("a: ${never closed", "a: ${never closed"),
        ("a: ${MISSING:-$A}", "a: $A"),
        ("a: ${MISSING:-x:-y}", "a: x:-y"),
        ("a: $DOLLARS", "a: $A $$"),
        ("a: ~", "a: ~"),
        ("# $A", "# one"),
        ("# yaml-language-server: $schema=https://x/y", "#=https://x/y"),
        ("~/x: $A", "/home/me/x: one"),
        ("~x: $A", "~x: one"),
        ("", ""),
    ],
)
def test_text_is_expanded_once_by_the_rules_of_shellexpand(text, expected):
    assert expanded(text, A="one", EMPTY="", DOLLARS="$A $$", HOME="/home/me") == expected


def test_every_variable_that_is_not_set_is_told_with_its_line_also_in_comments():
    found = problems("a: 1\nb: $FIRST\n# $SECOND\nc: ${THIRD}\n")
    assert [(one.line, one.message) for one in found] == [
        (2, "the environment variable FIRST is not set"),
        (3, "the environment variable SECOND is not set"),
        (4, "the environment variable THIRD is not set"),
    ]
    assert all("$$" in one.hint and "set it" in one.hint for one in found)
    assert str(found[0]).startswith("cfg.yaml:2: ")


@pytest.mark.parametrize("text", ["key: ${}", "key: ${:-x}", "key: ${a b}", "key: ${\nx}"])
def test_what_is_no_name_is_an_error_that_does_not_repeat_it(text):
    (found,) = problems(text)
    assert found.line == 1
    assert "no variable's name" in found.message
    assert "a b" not in str(found)


def test_a_default_may_span_lines_and_lines_after_it_keep_their_number():
    whole = expand("a: ${X:-1\n2\n}\nb: 2\n", "cfg.yaml", {})
    assert whole.text == "a: 1\n2\n\nb: 2\n"
    assert whole.line_at(whole.text.index("2\n\n")) == 2
    assert whole.line_at(whole.text.index("b:")) == 4


def test_a_value_with_line_breaks_counts_as_one_line_of_the_file():
    whole = expand("a: $X\nb: 2\n", "cfg.yaml", {"X": "|\n  one\n  two"})
    assert [whole.line_at(whole.text.index(part)) for part in ("a:", "one", "two", "b:")] == [1, 1, 1, 2]


@given(LITERAL)
def test_text_without_dollars_stays_as_it_is(text):
    assert expanded(text) == text


@given(VALUES)
def test_doubling_every_dollar_is_the_way_to_write_any_text(text):
    assert expanded("x" + text.replace("$", "$$")) == "x" + text or "# yaml-language-server: $schema" in text


@given(st.lists(st.tuples(LITERAL, NAMES, VALUES), max_size=6), LITERAL)
def test_values_go_in_as_they_are_and_lines_stay_those_of_the_file(parts, end):
    environ = {name: value for _, name, value in parts}
    text = "x" + "".join(f"{literal}${{{name}}}" for literal, name, _ in parts) + end
    whole = expand(text, "cfg.yaml", environ)
    assert whole.text == "x" + "".join(literal + environ[name] for literal, name, _ in parts) + end
    if end:
        last_line = text.count("\n") + 1
        assert whole.line_at(len(whole.text) - 1) == last_line - (end.endswith("\n"))


@given(st.text(st.sampled_from("$${}:-AB~\n x"), max_size=40))
def test_any_mixture_of_dollars_and_braces_expands_or_is_refused(text):
    try:
        expand(text, "cfg.yaml", {"A": "1"})
    except ConfigError as error:
        assert error.problems
        assert all(one.line is not None and one.line <= text.count("\n") + 1 for one in error.problems)
