"""Holds a tree against config/schema.json, and says what is wrong in words for people.

The schema is plain JSON Schema 2020-12, so that editors complete it; ``x-agw-unsupported`` marks what the reference
knows and this gateway does not serve. No message quotes a value: it might be a key.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators

from agw.config.tree import Tree
from agw.errors import Problem

UNSUPPORTED = "x-agw-unsupported"
_NAMES = {
    dict: "a mapping",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
}
_WANTED = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
}


def schema_file() -> Path:
    """Beside this package where it is installed, in ``config/`` in a clone."""
    packaged = Path(__file__).with_name("schema.json")
    return packaged if packaged.exists() else Path(__file__).resolve().parents[3] / "config" / "schema.json"


def check(tree: Tree, file: str) -> list[Problem]:
    """Every problem, in the order of the file."""
    problems = []
    for error in _validator().iter_errors(tree.value):
        path = tuple(error.absolute_path)
        message, _, hint = error.message.partition("\n")
        problems.append(Problem(message, file, tree.line(path), dotted(path), hint))
    return sorted(set(problems), key=lambda one: (one.line or 0, one.path))


def dotted(path: tuple[str | int, ...]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


@cache
def _validator() -> Any:
    schema = json.loads(schema_file().read_text(encoding="utf-8"))
    own = {
        "additionalProperties": _additional,
        "type": _type,
        "required": _required,
        "enum": _enum,
        UNSUPPORTED: _unsupported,
    }
    return validators.extend(Draft202012Validator, own)(schema)  # type: ignore[no-untyped-call]


def _unsupported(_: Any, reason: Any, value: Any, __: Any) -> Iterator[ValidationError]:
    if value not in (None, {}, []):
        instead = reason if isinstance(reason, str) else "take it out, or use agentgateway itself"
        yield ValidationError(f"not supported by this gateway\n{instead}")


def _additional(validator: Any, allowed: Any, value: Any, schema: dict[str, Any]) -> Iterator[ValidationError]:
    if not isinstance(value, dict):
        return
    known = schema.get("properties", {})
    for key in value:
        if key in known:
            continue
        if allowed is False:
            near = difflib.get_close_matches(str(key), known, 1, 0.6)
            hint = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(sorted(known)[:12])}"
            yield ValidationError(f"unknown key '{str(key)[:60]}'\n{hint}", path=[key])
        elif isinstance(allowed, dict):
            yield from validator.descend(value[key], allowed, path=key)


def _type(validator: Any, wanted: Any, value: Any, schema: dict[str, Any]) -> Iterator[ValidationError]:
    # A key without a value is as if it were not there.
    if value is None:
        return
    kinds = [wanted] if isinstance(wanted, str) else wanted
    if not any(validator.is_type(value, kind) for kind in kinds):
        expected = " or ".join(_WANTED.get(kind, kind) for kind in kinds)
        yield ValidationError(f"expected {expected}, found {_NAMES.get(type(value), 'something else')}")


def _required(_: Any, names: list[str], value: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(value, dict):
        for name in names:
            if value.get(name) is None:
                yield ValidationError(f"'{name}' is missing\nwrite it here")


def _enum(_: Any, choices: list[Any], value: Any, __: Any) -> Iterator[ValidationError]:
    if value is not None and value not in choices:
        yield ValidationError("not one of the known values\nwrite one of: " + ", ".join(map(str, choices)))
