"""Holds a tree against config/schema.json, and says what is wrong in words for people.

The schema is plain JSON Schema 2020-12, so that editors complete it, with two annotations of ours:
``x-agw-unsupported`` marks a key that the reference knows and this gateway does not serve, ``x-agw-served`` lists the
values of an ``enum`` that it does. A key without a value is as if it were not there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators

from agw.config.nearest import nearest
from agw.config.report import Report

UNSUPPORTED = "x-agw-unsupported"
SERVED = "x-agw-served"

_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "nothing",
}
_Found = Iterator[ValidationError]


def schema_file() -> Path:
    """Beside this package where it is installed, in ``config/`` in a clone."""
    packaged = Path(__file__).with_name("schema.json")
    return packaged if packaged.exists() else Path(__file__).resolve().parents[3] / "config" / "schema.json"


def check(report: Report) -> None:
    """Reports everything in the tree that the schema does not allow."""
    errors = list(_validator().iter_errors(report.tree.value))
    unsupported = [tuple(error.absolute_path) for error in errors if error.validator == UNSUPPORTED]
    for error in errors:
        path = tuple(error.absolute_path)
        # Whether an unsupported key is well written inside helps nobody.
        if any(path[: len(one)] == one and (path != one or error.validator != UNSUPPORTED) for one in unsupported):
            continue
        message, _, hint = error.message.partition("\n")
        if error.validator == "additionalProperties":
            message = f"unknown key '{report.tree.shown(str(path[-1]))}'"
        report.shape(path, message, hint)


@cache
def _validator() -> Any:
    return validators.extend(Draft202012Validator, KEYWORDS)(_schema())  # type: ignore[no-untyped-call]


@cache
def _schema() -> Any:
    return json.loads(schema_file().read_text(encoding="utf-8"))


def _wrong(message: str, hint: str = "", key: str | None = None) -> ValidationError:
    return ValidationError(f"{message}\n{hint}", path=() if key is None else (key,))


def _kind(value: Any) -> str:
    kinds = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    return _WORDS[kinds.get(type(value), "null")]


def _has_type(validator: Any, value: Any, types: str | list[str]) -> bool:
    return any(validator.is_type(value, one) for one in ([types] if isinstance(types, str) else types))


def _expected(types: list[str], value: Any) -> ValidationError:
    hint = ""
    if "string" in types and isinstance(value, bool | int | float):
        hint = "put it in quotes"
    elif "integer" in types and isinstance(value, str) and value.isdecimal():
        hint = "write it without quotes"
    return _wrong(f"expected {' or '.join(_WORDS[one] for one in types)}, found {_kind(value)}", hint)


def _unsupported(_: Any, reason: Any, value: Any, schema: dict[str, Any]) -> _Found:
    if value is None or value == [] or ("default" in schema and value == schema["default"]):
        return
    yield _wrong("not supported by this gateway", reason if isinstance(reason, str) else "take it out")


def _additional(validator: Any, allowed: Any, value: Any, schema: dict[str, Any]) -> _Found:
    known = schema.get("properties", {})
    for key in value if isinstance(value, dict) else ():
        if key in known:
            continue
        if allowed is False:
            yield _wrong("unknown key", _place_of(key, known) or nearest(key, known), key)
        elif isinstance(allowed, dict):
            yield from validator.descend(value[key], allowed, path=key)


def _place_of(key: str, known: dict[str, Any]) -> str:
    """Where the key belongs instead, if one of its neighbours takes it."""
    for name, schema in known.items():
        definition = _schema()["$defs"].get(schema.get("$ref", "").removeprefix("#/$defs/"), schema)
        if key in definition.get("properties", {}) and UNSUPPORTED not in schema:
            return f"'{key}' belongs under '{name}'"
    return ""


def _type(validator: Any, types: str | list[str], value: Any, _: Any) -> _Found:
    if value is not None and not _has_type(validator, value, types):
        yield _expected([types] if isinstance(types, str) else types, value)


def _any_of(validator: Any, branches: list[dict[str, Any]], value: Any, _: Any) -> _Found:
    """Branches are told apart by their type, so that only the one that was meant complains."""
    if value is None:
        return
    for branch in branches:
        if _has_type(validator, value, branch["type"]):
            yield from validator.descend(value, branch)
            return
    yield _expected([branch["type"] for branch in branches], value)


def _one_of(_: Any, choices: list[dict[str, Any]], value: Any, schema: dict[str, Any]) -> _Found:
    """Only ``required`` stands in our choices: exactly one of these keys."""
    if isinstance(value, dict) and not _unknown(value, schema):
        names = [choice["required"][0] for choice in choices]
        yield from _exactly_one(names, [name for name in names if value.get(name) is not None], schema)


def _max_properties(_: Any, __: int, value: Any, schema: dict[str, Any]) -> _Found:
    """Ours is always 1: a choice between keys, of which one may stand without a value."""
    if isinstance(value, dict) and not _unknown(value, schema):
        yield from _exactly_one([*schema["properties"]], [*value], schema)


def _unknown(value: dict[str, Any], schema: dict[str, Any]) -> bool:
    """An unknown key is told as such, and was most likely meant as the choice."""
    return any(key not in schema["properties"] for key in value)


def _exactly_one(names: list[str], written: list[str], schema: dict[str, Any]) -> _Found:
    if len(written) > 1:
        yield _wrong(f"both '{written[0]}' and '{written[1]}'", "keep one of them")
    elif not written:
        served = [name for name in names if UNSUPPORTED not in schema["properties"][name]]
        yield _wrong("nothing is chosen here", f"write {' or '.join(served)}")


def _required(_: Any, names: list[str], value: Any, __: Any) -> _Found:
    for name in names if isinstance(value, dict) else ():
        if value.get(name) is None:
            yield _wrong(f"'{name}' is missing", f"write '{name}' here")


def _dependent_required(_: Any, dependents: dict[str, list[str]], value: Any, __: Any) -> _Found:
    for name, needed in dependents.items() if isinstance(value, dict) else ():
        if value.get(name) is not None:
            yield from _required(_, needed, value, __)


def _enum(_: Any, choices: list[Any], value: Any, schema: dict[str, Any]) -> _Found:
    served = schema.get(SERVED, choices)
    if value is None or value in served or not isinstance(value, str):
        return
    hint = "write one of: " + ", ".join(served) if served else "take it out"
    if value in choices:
        yield _wrong(f"'{value}' is not supported by this gateway", hint)
    else:
        yield _wrong("not one of the known values", hint)


def _minimum(_: Any, least: int, value: Any, schema: dict[str, Any]) -> _Found:
    if isinstance(value, int | float) and value < least:
        yield _out_of_range(schema)


def _maximum(_: Any, most: int, value: Any, schema: dict[str, Any]) -> _Found:
    if isinstance(value, int | float) and value > most:
        yield _out_of_range(schema)


def _out_of_range(schema: dict[str, Any]) -> ValidationError:
    if "maximum" in schema:
        return _wrong("out of range", f"write a number from {schema['minimum']} to {schema['maximum']}")
    return _wrong("out of range", f"write {schema['minimum']} or more")


def _min_length(_: Any, __: int, value: Any, ___: Any) -> _Found:
    if value == "":
        yield _wrong("the text is empty", "is an environment variable empty?")


def _items(validator: Any, schema: dict[str, Any], value: Any, _: Any) -> _Found:
    for index, one in enumerate(value) if isinstance(value, list) else ():
        if one is None:
            yield ValidationError("an entry without a value\nfill it in, or take the '-' out", path=(index,))
        yield from validator.descend(one, schema, path=index)


KEYWORDS: dict[str, Callable[..., _Found]] = {
    UNSUPPORTED: _unsupported,
    "additionalProperties": _additional,
    "type": _type,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "maxProperties": _max_properties,
    "required": _required,
    "dependentRequired": _dependent_required,
    "enum": _enum,
    "minimum": _minimum,
    "maximum": _maximum,
    "minLength": _min_length,
    "items": _items,
}
"""All keywords that judge in our schema, but ``properties`` and ``$ref``: jsonschema's own words would quote values."""
