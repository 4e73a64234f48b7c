"""JSON Schema where the providers' structured output takes different parts of it.

OpenAI's strict mode wants every object closed and every property required
(https://platform.openai.com/docs/guides/structured-outputs, "Supported schemas"); Anthropic wants objects closed and
knows no bounds (https://docs.claude.com/en/docs/build-with-claude/structured-outputs, "JSON Schema limitations").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_BOUNDS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
)
_FORMATS = ("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid")
_NAMED = ("properties", "$defs", "definitions")
"""Members that hold schemas by name."""
_LISTED = ("anyOf", "allOf", "prefixItems")


def fits_openai_strict(schema: Any) -> bool:
    """Whether OpenAI's strict mode would take it; a schema that it would refuse can still guide the model."""
    if isinstance(schema, list):
        return all(fits_openai_strict(one) for one in schema)
    if not isinstance(schema, Mapping):
        return True
    if "properties" in schema or schema.get("type") == "object":
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        if not isinstance(properties, Mapping) or not isinstance(required, list):
            return False
        if schema.get("additionalProperties") is not False or any(name not in required for name in properties):
            return False
    return all(fits_openai_strict(one) for key, one in schema.items() if key not in ("enum", "const", "default"))


def for_anthropic(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with its objects closed, and its bounds told in the description instead."""
    made: dict[str, Any] = {}
    told: list[str] = []
    for key, value in schema.items():
        if key in _BOUNDS or (key == "minItems" and value not in (0, 1)) or (key == "format" and value not in _FORMATS):
            told.append(f"{key}: {value}")
        elif key in _NAMED and isinstance(value, Mapping):
            made[key] = {name: _inner(one) for name, one in value.items()}
        elif key in _LISTED and isinstance(value, list):
            made[key] = [_inner(one) for one in value]
        elif key == "oneOf" and isinstance(value, list):
            made["anyOf"] = [_inner(one) for one in value]
        elif key == "items":
            made[key] = _inner(value)
        else:
            made[key] = value
    if made.get("type") == "object" or "properties" in made:
        made["additionalProperties"] = False
    if told:
        said = made.get("description")
        bounds = "{" + ", ".join(told) + "}"
        made["description"] = f"{said}\n\n{bounds}" if isinstance(said, str) and said else bounds
    return made


def _inner(schema: Any) -> Any:
    return for_anthropic(schema) if isinstance(schema, Mapping) else schema
