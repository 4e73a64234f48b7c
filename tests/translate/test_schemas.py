"""Schemas for structured output, where OpenAI and Anthropic take different parts of JSON Schema."""

from __future__ import annotations

from typing import Any

import pytest
from anthropic.lib._parse._transform import transform_schema
from hypothesis import given

from agw.translate.schemas import fits_openai_strict, for_anthropic
from support.json_bodies import bodies

CLOSED = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "fits"),
    [
        (CLOSED, True),
        ({**CLOSED, "required": []}, False),
        ({**CLOSED, "additionalProperties": True}, False),
        ({"type": "object"}, False),
        ({"type": "array", "items": CLOSED}, True),
        ({"type": "array", "items": {"type": "object", "properties": {}}}, False),
        ({"anyOf": [CLOSED, {"type": "null"}]}, True),
    ],
)
def test_openais_strict_mode_takes_closed_objects_with_all_required(schema: dict[str, Any], fits: bool) -> None:
    assert fits_openai_strict(schema) is fits


@pytest.mark.parametrize(
    "schema",
    [
        CLOSED,
        {
            "type": "object",
            "properties": {"n": {"type": "integer", "minimum": 1, "maximum": 9, "description": "How many"}},
        },
        {
            "type": "object",
            "properties": {"l": {"type": "array", "items": {"type": "object", "properties": {}}, "minItems": 1}},
        },
        {"$defs": {"x": {"type": "object", "properties": {}}}, "anyOf": [{"$ref": "#/$defs/x"}, {"type": "null"}]},
        {"oneOf": [{"type": "string", "format": "date"}, {"type": "integer"}]},
    ],
)
def test_anthropics_own_sdk_would_send_the_same(schema: dict[str, Any]) -> None:
    assert for_anthropic(schema) == transform_schema(schema)


@given(
    bodies(
        ["type", "properties", "items", "anyOf", "oneOf", "required", "minimum", "format", "$defs"],
        ["object", "array", "a"],
    )
)
def test_whatever_is_called_a_schema_is_taken(schema: dict[str, Any]) -> None:
    for_anthropic(schema)
    fits_openai_strict(schema)
