"""Cuts an expression into tokens, as far as the macros of ``rewrite`` need it.

The library parses the language; it is asked first, so that what comes here is known to be well formed.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*)
  | (?P<text>[rRbB]{0,2}(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
  | (?P<number>0[xX][0-9a-fA-F]+[uU]?|(?:\d+\.\d+|\.\d+|\d+)(?:[eE][+-]?\d+)?[uU]?)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<sign>&&|\|\||==|!=|<=|>=|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_RAW_TEXT = re.compile(r"[rR]?(\"\"\"|'''|\"|')")


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is ``text`` (a string literal), ``number``, ``name`` or ``sign``."""

    kind: str
    text: str


def tokens(source: str) -> list[Token]:
    found = (Token(one.lastgroup or "", one.group()) for one in _TOKEN.finditer(source))
    return [one for one in found if one.kind != "space"]


def literal(token: Token) -> str | None:
    """What a plain string literal stands for; None for bytes and for escapes that only CEL knows."""
    if token.kind != "text" or not _RAW_TEXT.match(token.text):
        return None
    if "\\" not in token.text:
        return token.text.lstrip("rR").strip(token.text[-1])
    try:
        value = ast.literal_eval(token.text)
    except (ValueError, SyntaxError):
        return None
    return value if isinstance(value, str) else None


def shown(source: str, limit: int = 80) -> str:
    """The expression for an error message: on one line, without what may be a password.

    Somebody may have written one where an expression belongs, or an environment variable may have put it there. So
    literals lose their insides, and of names only those stay that are called or hang on a chain.
    """
    found = tokens(source)
    parts = []
    for index, one in enumerate(found):
        before = found[index - 1].text if index else ""
        after = found[index + 1].text if index + 1 < len(found) else ""
        parts.append(_shown(one, hangs=before == "." or after in (".", "(", "[")))
    text = "".join(
        f"{' ' if before[-1:].isalnum() and one[:1].isalnum() else ''}{one}"
        for before, one in zip(["", *parts], parts, strict=False)
    )
    text = "".join(char if char.isprintable() else "?" for char in text)
    return text if len(text) <= limit else text[:limit] + "…"


def _shown(token: Token, *, hangs: bool) -> str:
    if token.kind == "text":
        return "'…'" if len(token.text) > 2 else token.text
    if token.kind == "number":
        return token.text if len(token.text) <= 10 else "…"
    if token.kind == "name":
        return shown_name(token.text) if hangs or token.text in ("true", "false", "null", "in") else "…"
    return token.text


def shown_name(name: str) -> str:
    return "…" if len(name) > (16 if re.search("[0-9]", name) else 32) else name
