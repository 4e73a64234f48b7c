"""A value that fits a simple JSON schema, the same one every time."""

from __future__ import annotations

from typing import Any


def example(schema: dict[str, Any], text: str, root: dict[str, Any] | None = None, depth: int = 0) -> Any:
    """``text`` stands wherever a string is wanted. ``$ref`` is followed inside ``root`` (the schema itself)."""
    root = schema if root is None else root
    if depth > 20:
        return None
    if "$ref" in schema:
        target: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return example(target, text, root, depth + 1)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for choice in ("anyOf", "oneOf", "allOf"):
        if schema.get(choice):
            return example(schema[choice][0], text, root, depth + 1)
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        kind = kind[0]
    match kind:
        case "object":
            fields = schema.get("properties") or {}
            return {name: example(field, text, root, depth + 1) for name, field in fields.items()}
        case "array":
            item = example(schema.get("items") or {"type": "string"}, text, root, depth + 1)
            return [item] * max(1, int(schema.get("minItems", 1)))
        case "integer" | "number":
            return schema.get("minimum", 7)
        case "boolean":
            return True
        case "null":
            return None
    return text
