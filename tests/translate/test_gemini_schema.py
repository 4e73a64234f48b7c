"""JSON Schema as Google takes it: what Google's own type reads, and nothing that it does not know."""

from __future__ import annotations

import pytest
from google.genai import types
from hypothesis import example, given
from hypothesis import strategies as st

from agw.errors import BadRequest
from agw.translate.gemini.schema import from_google, to_google


@pytest.mark.parametrize(
    ("schema", "google"),
    [
        ({"type": "string", "minLength": 1, "$schema": "x", "examples": [1]}, {"type": "STRING", "minLength": 1}),
        ({"type": ["string", "null"]}, {"type": "STRING", "nullable": True}),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}]}),
        ({"const": "a"}, {"type": "STRING", "enum": ["a"], "format": "enum"}),
        ({"type": "integer", "enum": [1, 2], "description": "n"}, {"type": "INTEGER", "description": "n (one of 1, 2)"}),
        ({"enum": ["a", None]}, {"type": "STRING", "enum": ["a"], "format": "enum", "nullable": True}),
        ({"type": "string", "format": "uuid"}, {"type": "STRING"}),
        ({"type": "string", "format": "date-time"}, {"type": "STRING", "format": "date-time"}),
        ({"type": "integer", "exclusiveMinimum": 0}, {"type": "INTEGER", "minimum": 1}),
        ({"oneOf": [{"type": "string"}, {"type": "null"}], "description": "d"},
         {"type": "STRING", "description": "d", "nullable": True}),
        ({"type": "array"}, {"type": "ARRAY", "items": {"type": "STRING"}}),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"type": "OBJECT"}),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a", "gone"]},
         {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}, "required": ["a"]}),
        ({"allOf": [{"properties": {"a": {"type": "string"}}, "required": ["a"]}, {"properties": {"b": {"type": "number"}}}]},
         {"type": "OBJECT", "properties": {"a": {"type": "STRING"}, "b": {"type": "NUMBER"}}, "required": ["a"]}),
        ({"properties": {"p": {"$ref": "#/$defs/P", "description": "mine"}}, "$defs": {"P": {"type": "string", "description": "its"}}},
         {"type": "OBJECT", "properties": {"p": {"type": "STRING", "description": "mine"}}}),
        ({"$ref": "#/definitions/a~1b", "definitions": {"a/b": {"type": "boolean"}}}, {"type": "BOOLEAN"}),
        ({"$ref": "https://elsewhere.example/x"}, {}),
    ],
)  # fmt: skip
def test_each_keyword_becomes_what_google_has_for_it(schema, google):
    assert to_google(schema) == google


def test_a_schema_within_itself_ends():
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}
    assert to_google({"$ref": "#/$defs/Node", "$defs": {"Node": node}}) == {
        "type": "OBJECT",
        "properties": {"next": {"type": "OBJECT"}},
    }


def test_references_that_multiply_are_refused():
    level = {f"L{i}": {"properties": {name: {"$ref": f"#/$defs/L{i + 1}"} for name in "abcdefgh"}} for i in range(20)}
    with pytest.raises(BadRequest, match="too large"):
        to_google({"$ref": "#/$defs/L0", "$defs": level})


KEYWORDS = ["type", "properties", "items", "anyOf", "oneOf", "allOf", "$ref", "$defs", "enum", "const", "required",
            "nullable", "additionalProperties", "exclusiveMinimum", "format"]  # fmt: skip
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["string", "object", "array", "null", "#", "#/$defs/a"]),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.sampled_from([*KEYWORDS, "a"]), one, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from(KEYWORDS), VALUES, max_size=6))
@example({"anyOf": None, "nullable": True})
def test_any_schema_is_written_or_refused(schema):
    try:
        to_google(schema)
    except BadRequest:
        pass
    from_google(schema)


def test_googles_own_type_reads_what_is_written():
    tool = {
        "type": "object",
        "properties": {
            "when": {"type": "string", "format": "date-time"},
            "kinds": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 3},
            "deep": {
                "anyOf": [{"type": "object", "properties": {"x": {"type": "number", "minimum": 0}}}, {"type": "null"}]
            },
        },
        "required": ["when"],
        "additionalProperties": False,
    }
    read = types.Schema.model_validate(to_google(tool))
    assert read.properties["kinds"].items.enum == ["a", "b"]
    assert read.properties["deep"].nullable is True


@given(st.sampled_from(["string", "integer", "number", "boolean"]), st.booleans(), st.text(max_size=5))
def test_what_both_can_say_comes_back_the_same(kind, nullable, description):
    schema = {"type": [kind, "null"] if nullable else kind, "description": description}
    whole = {"type": "object", "properties": {"a": schema, "b": {"type": "array", "items": schema}}, "required": ["a"]}
    assert from_google(to_google(whole)) == whole
