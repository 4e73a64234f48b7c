"""The macros that the reference has and the library has not, and what an expression reads.

The library hands a function its arguments' values, and only its own macros can bind a name. So these calls are
turned into ones that it knows, before it compiles the expression:

- ``default(a, b)`` and ``coalesce(a, …)`` must not fail where ``a`` does: each argument becomes an expression of its
  own, which a function evaluates in turn, with the names bound around it handed in;
- ``a.with(x, e)`` becomes a ``map`` over a list of one; ``mapValues``, ``filterKeys`` and ``removeKeys`` become
  ``map`` and ``filter`` over the map's keys, whose pairs a function puts together again.

On the way every chain from a variable (``request.headers["x"]``, ``llm.prompt``) is noted, so that nothing is
gathered that no expression names. Snake-case names of older configs become the ones of today.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from agw.cel.scan import Token, literal, tokens

Path = tuple[str, ...]

MAX_NESTING = 3
"""Of macros that run over a list: the work grows with the list's length to this power."""
_BINDING = {"map": (2, 3), "filter": (2,), "all": (2,), "exists": (2,), "exists_one": (2,), "existsOne": (2,)}
_OURS = {"with": (2,), "mapValues": (2,), "filterKeys": (2,), "removeKeys": (2,)}
_LAZY = {"default": (2, 2), "coalesce": (1, 64)}
_RENAMED = {"string": "agw_string"}
"""Functions of the library with fewer overloads than CEL has."""
_NAMESPACES = ("base64", "url", "form", "sha1", "sha256", "md5", "math", "strings", "optional")
_WORDS = ("true", "false", "null", "in")
LAZY_FUNCTION = "agw_first"
PAIRS_FUNCTION = "agw_map"


class MacroError(ValueError):
    """A call that cannot be served; the message holds nothing of the expression but names."""


@dataclass(frozen=True, slots=True)
class Lazy:
    """An argument of ``default`` or ``coalesce``: an expression of its own."""

    source: str


@dataclass(slots=True)
class Rewritten:
    source: str = ""
    lazy: list[Lazy] = field(default_factory=list)
    paths: set[Path] = field(default_factory=set)
    """Chains from a variable as far as they are literal: ``("request", "headers", "x")``."""
    functions: set[str] = field(default_factory=set)
    """Names of all functions that are called, in today's spelling; namespaced ones with their dot."""


def rewrite(source: str) -> Rewritten:
    """Takes an expression that the library parses. Raises MacroError."""
    found = Rewritten()
    found.source = _Rewriter(tokens(source), found).whole()
    return found


def camel(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])_([a-z])", lambda one: one[1].upper(), name)


class _Rewriter:
    """One pass over the tokens, left to right; gives the new text as it goes."""

    def __init__(self, found: list[Token], result: Rewritten) -> None:
        self._tokens = found
        self._at = 0
        self._result = result
        self._bound: list[str] = []
        self._used: list[set[str]] = [set()]
        self._nesting = 0

    def whole(self) -> str:
        return self._sequence()

    # --- tokens

    def _peek(self, ahead: int = 0) -> str:
        place = self._at + ahead
        return self._tokens[place].text if place < len(self._tokens) else ""

    def _kind(self, ahead: int = 0) -> str:
        place = self._at + ahead
        return self._tokens[place].kind if place < len(self._tokens) else ""

    def _next(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    # --- the expression

    def _sequence(self, until: str = "") -> str:
        """Operators and operands up to a closing sign, which stays."""
        parts: list[str] = []
        while self._at < len(self._tokens) and self._peek() not in (*")]}", *([","] if until == "," else [])):
            operand = self._kind() != "sign" or self._peek() in ("(", "[", "{")
            part = self._chain() if operand and self._peek() not in _WORDS else self._next().text
            parts.append(part)
        return " ".join(parts)

    def _group(self) -> str:
        """What stands between a pair of brackets, with them."""
        opening = self._next().text
        inside = self._sequence()
        return f"{opening}{inside}{self._next().text}"

    def _chain(self) -> str:
        """An operand with everything that hangs on it: ``a.b["c"].map(x, …)[0]``."""
        path: list[str] | None = None
        if self._peek() in ("(", "[", "{"):
            text = self._group()
        elif self._kind() == "name":
            name = self._next().text
            if self._peek() == "(":
                text = self._call(name, None)
            elif name in _NAMESPACES and self._peek() == "." and self._kind(1) == "name" and self._peek(2) == "(":
                self._next()
                text = self._call(f"{name}.{self._next().text}", None)
            else:
                text = name
                path = self._root(name)
        else:
            text = self._next().text
        while self._peek() in (".", "[", "{"):
            if self._peek() == "{":
                raise MacroError("messages cannot be made here")
            if self._peek() == "[":
                text, path = self._index(text, path)
            elif self._kind(1) != "name":
                # Only a broken expression comes here, and the library has refused it.
                text += self._next().text
            else:
                self._next()
                name = self._next().text
                if self._peek() == "(":
                    self._note(path)
                    text, path = self._call(name, text), None
                else:
                    name = camel(name) if path == ["llm"] else name
                    text = f"{text}.{name}"
                    if path is not None:
                        path.append(name)
        self._note(path)
        return text

    def _root(self, name: str) -> list[str] | None:
        if name in self._bound:
            self._used[-1].add(name)
            return None
        return [name]

    def _index(self, text: str, path: list[str] | None) -> tuple[str, list[str] | None]:
        key = literal(self._tokens[self._at + 1]) if self._peek(2) == "]" else None
        if key is None or path is None:
            self._note(path)
            return text + self._group(), None
        self._at += 3
        if len(path) == 2 and path[1] == "headers":
            key = key.lower()
        path.append(key)
        return f"{text}[{json.dumps(key, ensure_ascii=False)}]", path

    def _note(self, path: list[str] | None) -> None:
        if path is not None:
            self._result.paths.add(tuple(path))

    # --- calls

    def _call(self, name: str, receiver: str | None) -> str:
        name = name if name in _BINDING else camel(name)
        start = self._at
        if name in _LAZY:
            return self._lazy(name, receiver)
        if name in _BINDING or name in _OURS:
            arities = _BINDING.get(name) or _OURS[name]
            if receiver is not None and self._kind(1) == "name" and self._peek(2) == ",":
                return self._binding(name, receiver, arities)
            if name in _OURS:
                raise MacroError(f"'{name}' is called on a value, with a name and an expression")
        self._at = start
        self._result.functions.add(name)
        shown = _RENAMED.get(name, name)
        return f"{shown}{self._group()}" if receiver is None else f"{receiver}.{shown}{self._group()}"

    def _arguments(self) -> Iterator[str]:
        """The texts of the arguments, the opening bracket already taken; takes the closing one."""
        while self._peek() not in (")", ""):
            yield self._sequence(until=",")
            if self._peek() == ",":
                self._next()
        self._next()

    def _binding(self, name: str, receiver: str, arities: tuple[int, ...]) -> str:
        self._next()
        variable = self._next().text
        self._next()
        if variable.startswith("agw_"):
            raise MacroError("names that begin with agw_ are the gateway's own")
        self._bound.append(variable)
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise MacroError(f"lists are run over more than {MAX_NESTING} deep")
        arguments = list(self._arguments())
        self._nesting -= 1
        self._bound.pop()
        if len(arguments) + 1 not in arities:
            raise MacroError(f"'{name}' has a wrong number of arguments")
        inside = arguments[0]
        if name in _BINDING:
            return f"{receiver}.{name}({variable}, {', '.join(arguments)})"
        if name == "with":
            return f"[{receiver}].map({variable}, {inside})[0]"
        self._result.functions.add(PAIRS_FUNCTION)
        if name == "mapValues":
            pairs = f"agw_m.map(agw_k, [agw_m[agw_k]].map({variable}, [agw_k, {inside}])[0])"
        else:
            kept = inside if name == "filterKeys" else f"!({inside})"
            pairs = f"agw_m.filter({variable}, {kept}).map(agw_k, [agw_k, agw_m[agw_k]])"
        return f"[{receiver}].map(agw_m, {PAIRS_FUNCTION}({pairs}))[0]"

    def _lazy(self, name: str, receiver: str | None) -> str:
        self._next()
        self._used.append(set())
        arguments = ([] if receiver is None else [receiver]) + list(self._arguments())
        used = self._used.pop()
        if receiver is not None:
            # A receiver was read before this call was known to be one: it may use any bound name.
            used |= set(self._bound)
        self._used[-1] |= used
        least, most = _LAZY[name]
        if not least <= len(arguments) <= most:
            raise MacroError(f"'{name}' has a wrong number of arguments")
        self._result.functions.add(LAZY_FUNCTION)
        first = len(self._result.lazy)
        self._result.lazy += [Lazy(one) for one in arguments]
        bound = ", ".join(f'"{one}": {one}' for one in sorted(used))
        nulls = "true" if name == "default" else "false"
        return f"{LAZY_FUNCTION}({first}, {first + len(arguments)}, {nulls}, {{{bound}}})"
