"""JSON Schema as Google's Schema (https://ai.google.dev/api/caching#Schema), and back.

Google knows a subset, in which a reference, ``const``, ``oneOf`` or a list of types does not exist and an unknown
keyword is an error. References are put in where they stand; what can be said otherwise is; the rest is left out, which
allows the model more than the client wrote and never less.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.errors import BadRequest

MAX_NODES = 20_000
"""A schema that has more once its references are put in is refused: they can multiply without end."""
MAX_DEPTH = 60

_KEPT = (
    "title",
    "description",
    "nullable",
    "required",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "default",
    "example",
    "propertyOrdering",
)
_FORMATS = {
    "string": ("enum", "date-time"),
    "integer": ("int32", "int64"),
    "number": ("float", "double"),
}
_NUMBERS = ("minItems", "maxItems", "minProperties", "maxProperties", "minLength", "maxLength")


def to_google(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Raises BadRequest for one that grows beyond all bounds."""
    return _Writer(schema).node(schema, (), 0)


class _Writer:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._nodes = 0

    def node(self, schema: Any, within: tuple[str, ...], depth: int) -> dict[str, Any]:
        """``within`` holds the references that are being put in: one inside itself becomes any object."""
        self._nodes += 1
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            raise BadRequest("tools: a JSON schema is too large or too deep for this provider; simplify it")
        if not isinstance(schema, dict):
            return {}
        if isinstance(reference := schema.get("$ref"), str):
            if reference in within:
                return {"type": "OBJECT"}
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            return self.node({**self._resolved(reference), **beside}, (*within, reference), depth + 1)
        if isinstance(schema.get("allOf"), list):
            schema = _joined(schema)
            if "$ref" in schema:
                return self.node(schema, within, depth + 1)
        kinds, nullable = _types(schema)
        found: dict[str, Any] = {key: schema[key] for key in _KEPT if key in schema}
        if nullable:
            found["nullable"] = True
        options = schema.get("anyOf", schema.get("oneOf"))
        if isinstance(options, list) and options:
            return self._any_of(found, options, within, depth)
        if len(kinds) > 1:
            each = [{**schema, "type": kind} for kind in kinds]
            return self._any_of({key: found[key] for key in ("nullable",) if key in found}, each, within, depth)
        kind = kinds[0] if kinds else None
        if kind is not None:
            found["type"] = kind.upper()
            if schema.get("format") in _FORMATS.get(kind, ()):
                found["format"] = schema["format"]
        _bounds(schema, found, kind)
        self._values(schema, found, kind)
        self._children(schema, found, kind, within, depth)
        return found

    def _children(
        self, schema: Mapping[str, Any], found: dict[str, Any], kind: str | None, within: tuple[str, ...], depth: int
    ) -> None:
        properties = schema.get("properties")
        if kind == "object":
            if isinstance(properties, dict) and properties:
                found["properties"] = {str(name): self.node(one, within, depth + 1) for name, one in properties.items()}
            demanded = found.pop("required", None)
            required = [
                one
                for one in (demanded if isinstance(demanded, list) else ())
                if isinstance(one, str) and one in found.get("properties", ())
            ]
            if required:
                found["required"] = required
        elif kind == "array":
            # Google demands to know what is in an array.
            items = schema.get("items")
            found["items"] = self.node(items, within, depth + 1) if isinstance(items, dict) else {"type": "STRING"}
            found["items"] = found["items"] or {"type": "STRING"}
        if kind != "object":
            found.pop("required", None)

    def _any_of(self, found: dict[str, Any], options: list[Any], within: tuple[str, ...], depth: int) -> dict[str, Any]:
        """Vertex takes nothing beside ``anyOf`` but whether it may be null."""
        written = [self.node(one, within, depth + 1) for one in options if not _is_null(one)]
        nullable = {"nullable": True} if len(written) < len(options) or found.get("nullable") else {}
        beside: dict[str, Any] = {key: found[key] for key in ("title", "description") if key in found}
        if len(written) == 1:
            return {**written[0], **beside, **nullable}
        return {"anyOf": [{**beside, **one} for one in written], **nullable}

    def _values(self, schema: Mapping[str, Any], found: dict[str, Any], kind: str | None) -> None:
        values = [schema["const"]] if "const" in schema else schema.get("enum")
        if not isinstance(values, list):
            return
        given = [one for one in values if one is not None]
        if len(given) < len(values):
            found["nullable"] = True
        if given and all(isinstance(one, str) for one in given) and kind in (None, "string"):
            # An empty string is no value to Google.
            found["type"], found["enum"] = "STRING", [one for one in given if one] or given
            found["format"] = "enum"
        elif given:
            said = "one of " + ", ".join(str(one) for one in given)
            found["description"] = f"{found['description']} ({said})" if "description" in found else said

    def _resolved(self, reference: str) -> dict[str, Any]:
        if not reference.startswith("#"):
            return {}
        found: Any = self._root
        for step in reference[1:].strip("/").split("/"):
            if step:
                found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}


def _is_null(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "null"


def _types(schema: Mapping[str, Any]) -> tuple[list[str], bool]:
    """(the types but null, whether null is one); guessed from the other keywords where none is named."""
    given = schema.get("type")
    named = [one.lower() for one in (given if isinstance(given, list) else [given]) if isinstance(one, str)]
    kinds = [one for one in named if one != "null"]
    if not kinds and "null" not in named:
        if "properties" in schema or "additionalProperties" in schema:
            kinds = ["object"]
        elif "items" in schema or "prefixItems" in schema:
            kinds = ["array"]
    return kinds, "null" in named


def _joined(schema: Mapping[str, Any]) -> dict[str, Any]:
    """``allOf`` as one schema: members side by side, properties and demands together."""
    whole: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
    for one in schema["allOf"]:
        if not isinstance(one, dict):
            continue
        for key, value in one.items():
            known = whole.get(key)
            if isinstance(known, dict) and isinstance(value, dict):
                whole[key] = {**known, **value}
            elif key == "required" and isinstance(known, list) and isinstance(value, list):
                whole[key] = [*known, *(name for name in value if name not in known)]
            else:
                whole.setdefault(key, value)
    return whole


def _bounds(schema: Mapping[str, Any], found: dict[str, Any], kind: str | None) -> None:
    """Exclusive bounds as inclusive ones, one off for whole numbers."""
    step = 1 if kind == "integer" else 0
    for exclusive, inclusive, sign in (("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1)):
        bound = schema.get(exclusive)
        if isinstance(bound, int | float) and not isinstance(bound, bool) and inclusive not in found:
            found[inclusive] = bound + sign * step


def from_google(schema: Any, depth: int = 0) -> dict[str, Any]:
    """Google's Schema as JSON Schema: types in lower case, ``nullable`` as a type, numbers that came as text."""
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return {}
    found: dict[str, Any] = {}
    for key, value in schema.items():
        name = _CAMEL.get(key) or str(key)
        if name == "type" and isinstance(value, str):
            found["type"] = value.lower()
        elif name == "properties" and isinstance(value, dict):
            found["properties"] = {one: from_google(inner, depth + 1) for one, inner in value.items()}
        elif name == "items":
            found["items"] = from_google(value, depth + 1)
        elif name == "anyOf" and isinstance(value, list):
            found["anyOf"] = [from_google(one, depth + 1) for one in value]
        elif name in _NUMBERS and isinstance(value, str) and value.isdecimal():
            found[name] = int(value)
        elif name not in ("nullable", "propertyOrdering", "example") and not (name == "format" and value == "enum"):
            found[name] = value
    if schema.get("nullable") is True and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
        if isinstance(found.get("enum"), list):
            found["enum"] = [*found["enum"], None]
    elif schema.get("nullable") is True and isinstance(found.get("anyOf"), list):
        found["anyOf"] = [*found["anyOf"], {"type": "null"}]
    if found.get("type") == "type_unspecified":
        del found["type"]
    return found


_CAMEL = {
    "any_of": "anyOf",
    "min_items": "minItems",
    "max_items": "maxItems",
    "min_length": "minLength",
    "max_length": "maxLength",
    "min_properties": "minProperties",
    "max_properties": "maxProperties",
    "property_ordering": "propertyOrdering",
}
