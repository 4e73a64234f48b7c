"""YAML as the reference reads it, with the line of every value."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agw.config.expand import expand
from agw.config.tree import parse
from agw.errors import ConfigError


def tree(text, **environ):
    return parse(expand(text, "cfg.yaml", environ), "cfg.yaml")


def problems(text, **environ):
    with pytest.raises(ConfigError) as caught:
        tree(text, **environ)
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("No", "No"),
        ("off", "off"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("12", 12),
        ("-3", -3),
        ("0x1F", 31),
        ("0o17", 15),
        ("007", "007"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2026-01-02", "2026-01-02"),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1e999", "1e999"),
        (".inf", ".inf"),
        ("1.2.3", "1.2.3"),
        ("null", None),
        ("~", None),
        ("", None),
        ("'12'", "12"),
        ("'null'", "null"),
        ("!!str 12", "12"),
        ("=", "="),
        ("gpt-4o-mini", "gpt-4o-mini"),
    ],
)
def test_scalars_are_read_as_yaml_1_2_reads_them(text, value):
    got = tree(f"a: {text}").value["a"]
    assert got == value
    assert type(got) is type(value)


def test_a_number_too_long_for_python_stays_text():
    assert tree("a: " + "9" * 5000).value["a"] == "9" * 5000


def test_every_value_knows_the_line_of_its_key_or_its_dash():
    found = tree("a:\n  b: 1\n  c:\n  - x\n  - d: |\n      text\n")
    lines = {(): 1, ("a",): 1, ("a", "b"): 2, ("a", "c"): 3, ("a", "c", 0): 4, ("a", "c", 1, "d"): 5}
    assert {path: found.line(path) for path in lines} == lines


def test_a_path_that_is_not_there_has_the_line_of_its_nearest_ancestor():
    assert tree("a: 1\nb:\n  c: 2\n").line(("b", "x", 0, "y")) == 2


def test_lines_are_those_of_the_file_although_values_bring_lines_of_their_own():
    found = tree("a: $X\nb: 1\n", X="|\n  one\n  two")
    assert found.value == {"a": "one\ntwo\n", "b": 1}
    assert found.line(("b",)) == 2


def test_line_separators_that_only_yaml_counts_do_not_shift_lines():
    assert tree("a: 'x\u2028y\x85z'\nb: 1\n").line(("b",)) == 2


def test_windows_line_ends_and_a_byte_order_free_text_are_fine():
    found = tree("a: 1\r\nb: 2\r\n")
    assert (found.value, found.line(("b",))) == ({"a": 1, "b": 2}, 2)


def test_anchors_aliases_and_merge_keys_work_and_own_keys_win():
    found = tree("x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  b: 5\n  <<: [*x, *y]\n")
    assert found.value["z"] == {"a": 1, "b": 5, "c": 4}
    assert found.line(("z", "b")) == 4


def test_of_merged_mappings_the_first_wins():
    assert tree("x: &x {a: 1}\ny: &y {a: 2}\nz: {<<: [*x, *y]}\n").value["z"] == {"a": 1}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "'a' stands twice"),
        ("a: 1\nb: [1, 2\n", 3, "not valid YAML"),
        ("a: b: c\n", 1, "a ':' where none can be"),
        ("a:\n\tb: 1\n", 2, "a tab"),
        ("a: 1\n---\nb: 2\n", 2, "second YAML document"),
        ("a: *nobody\n", 1, "an alias that no anchor defines"),
        ("a: !secret x\n", 1, "unknown tag"),
        ("a: !!int x\n", 1, "does not fit its tag"),
        ("a: !!python/object/apply:os.system [x]\nb: !!binary eA==\n", 2, "unknown tag"),
        ("a: 1\n? [x, y]\n: 1\n", 2, "as a key"),
        ("a: {<<: 1}\n", 1, "merges only mappings"),
        ("a: 1\nb: \x01\n", 2, "control character"),
        ("", None, "empty"),
        ("# only a comment\n", None, "empty"),
    ],
)
def test_what_is_not_one_yaml_document_is_told_with_its_line(text, line, words):
    found = problems(text)
    assert words in found[0].message
    assert found[0].line == line
    assert found[0].file == "cfg.yaml"


def test_a_yaml_error_after_a_value_with_lines_names_the_line_of_the_file():
    (found,) = problems("a: '$X'\nb: ]\n", X="one\n\n\n\n\ntwo")
    assert found.line == 2


def test_multiplied_aliases_are_stopped():
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "aliases" in problems("\n".join(rows))[0].message


def test_merge_keys_cannot_multiply_either():
    rows = ["a0: &a0 {x: 1}"]
    rows += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 12)]
    assert "aliases" in problems("\n".join(rows))[0].message


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {<<: *a}", "[" * 5000, "{a: " * 5000])
def test_endless_nesting_is_refused(text):
    assert problems(text)


@pytest.mark.parametrize("text", ["key: *$X", "key: !$X x", "key: $X", "key: [$X", "key: {$X: 1, $X: 2}", "k: '$X"])
@pytest.mark.parametrize("value", ["CANARY", "CANARY: CANARY", "'CANARY", '"CANARY\\q"', "- CANARY\n  CANARY"])
def test_syntax_errors_never_repeat_what_the_environment_said(text, value):
    try:
        tree(text, X=value)
    except ConfigError as error:
        assert "CANARY" not in str(error)


def test_a_key_that_the_environment_wrote_is_hidden_in_paths():
    found = tree("a: {$X: 1, b: 2}", X="CANARY")
    assert found.dotted(("a", "CANARY")) == "a.***"
    assert found.dotted(("a", "b", 0, "c")) == "a.b[0].c"


# PyYAML writes YAML 1.1's line breaks unescaped where a scalar then loses them, and plain what is a number in 1.2 only.
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x85\u2028\u2029"), max_size=12).filter(
    lambda text: not re.fullmatch(r"[-+]?\.?[0-9].*", text)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=15,
)


@given(JSON.filter(lambda value: value is not None))
def test_plain_values_survive_being_written_as_yaml(value):
    text = yaml.safe_dump(value, allow_unicode=True, default_style='"' if isinstance(value, str) else None)
    assert tree(text.replace("$", "$$")).value == value


@given(st.text(st.characters(codec="utf-8", exclude_characters="$"), max_size=60))
def test_any_text_is_a_tree_or_a_config_error(text):
    try:
        tree(text)
    except ConfigError as error:
        assert error.problems
