"""The functions of the reference beside the language's own (agentgateway.md §2.6).

A function that cannot do what it is asked raises; the expression then has no value. Results are bounded: nothing that
a client sends can make one grow beyond ``MAX_TEXT``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import uuid
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

import jwt
from cel import stdlib

from agw.cel.addresses import FUNCTIONS as ADDRESSES
from agw.cel.patterns import Pattern, compiled, expand
from agw.cel.plain import FLATTEN, MAX_TEXT, FunctionError, bounded, to_base64, to_bytes, to_json, to_text
from agw.cel.views import FUNCTIONS as VIEWS

_MAX_DEPTH = 64


def _json(value: Any) -> Any:
    return json.loads(value)


def _merge(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {**one, **other}


def _pairs(pairs: list[Any]) -> dict[Any, Any]:
    return dict(pairs)


@lru_cache(256)
def _pattern(text: str) -> Pattern:
    return compiled(text)


def _regex_replace(text: str, pattern: str, replacement: str) -> str:
    return bounded(_pattern(pattern).sub(expand(replacement), text))


def _fail(*_: Any) -> Any:
    raise FunctionError


def _unvalidated_jwt_payload(token: str) -> Any:
    """The claims of a token that nobody has checked; for routing and logs, never to let anybody in."""
    return jwt.decode(token.removeprefix("Bearer ").strip(), options={"verify_signature": False})


def _replace(text: str, old: str, new: str, limit: int = -1) -> str:
    times = text.count(old) if limit < 0 else min(limit, text.count(old))
    if len(text) + times * (len(new) - len(old)) > MAX_TEXT:
        raise FunctionError
    return text.replace(old, new, limit)


def _lists_flatten_marker(levels: int) -> Callable[[Any], dict[str, Any]]:
    return lambda value: {FLATTEN: levels, "value": value}


_TEXTS = {**stdlib.EXTENSIONS["strings"]}
del _TEXTS["strings.quote"]

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: one for name, one in stdlib.EXTENSIONS["core"].items() if name != "sum"},
    **_TEXTS,
    **stdlib.EXTENSIONS["math"],
    "replace": _replace,
    "contains": stdlib.contains,
    "stripPrefix": lambda text, prefix: text.removeprefix(prefix),
    "stripSuffix": lambda text, suffix: text.removesuffix(suffix),
    "agw_string": to_text,
    "agw_map": _pairs,
    "json": _json,
    "toJson": to_json,
    "merge": _merge,
    "base64.encode": to_base64,
    "base64.decode": lambda value: base64.b64decode(value, validate=True),
    "url.encode": lambda value: quote(value, safe=""),
    "url.decode": unquote,
    "form.encode": lambda value: urlencode(value, doseq=True),
    "form.decode": lambda value: dict(parse_qsl(value, keep_blank_values=True, max_num_fields=1000)),
    "sha1.encode": lambda value: hashlib.sha1(to_bytes(value), usedforsecurity=False).hexdigest(),
    "sha256.encode": lambda value: hashlib.sha256(to_bytes(value)).hexdigest(),
    "md5.encode": lambda value: hashlib.md5(to_bytes(value), usedforsecurity=False).hexdigest(),
    "random": random.random,
    "uuid": lambda: str(uuid.uuid4()),
    "regexReplace": _regex_replace,
    "fail": _fail,
    "unvalidatedJwtPayload": _unvalidated_jwt_payload,
    "flatten": _lists_flatten_marker(1),
    "flattenRecursive": _lists_flatten_marker(_MAX_DEPTH),
    **ADDRESSES,
    **VIEWS,
}
