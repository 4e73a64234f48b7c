"""One expression: compiled when the config is loaded, evaluated for a call.

What holds evaluation in bounds: the language has no loops but macros over lists, whose nesting is held to
``rewrite.MAX_NESTING``; the text is held to ``MAX_LENGTH`` characters (the library overflows its stack on longer
chains of operators); the library's regular expressions and ours take linear time; our functions bound what they give.
The rest is the size of what is read, which is the size of a call's own body.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from agw.cel.plain import FLATTEN
from agw.cel.rewrite import LAZY_FUNCTION, MacroError, Path, rewrite
from agw.cel.scan import shown, shown_name
from agw.cel.variables import SERVED, UNSERVED, Variables

MAX_LENGTH = 8192
# fmt: off
_NATIVE = frozenset((
    "size", "has", "matches", "startsWith", "endsWith", "int", "uint", "double", "bytes", "timestamp", "duration",
    "type", "dyn", "string", "variables", "orValue", "hasValue", "value", "optional.of", "optional.none",
    "getFullYear", "getMonth", "getDayOfYear", "getDayOfMonth", "getDate", "getDayOfWeek", "getHours", "getMinutes",
    "getSeconds", "getMilliseconds"
))
# fmt: on
_PLACE = re.compile(r"ERROR: <input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)")

# It logs the text of every exception that a function raises: once a call, with what the client sent.
logging.getLogger("cel").setLevel(logging.CRITICAL + 1)


@cache
def _library() -> tuple[Any, dict[str, Callable[..., Any]]]:
    """The library and all functions, loaded by the first expression that there is (``plain.py`` says why)."""
    import cel

    from agw.cel.functions import FUNCTIONS

    return cel, FUNCTIONS


class ExpressionError(ValueError):
    """An expression that cannot be used. The message quotes names and operators of it, never its literals."""


class Expression:
    """Safe to share between threads; two of the same text are equal."""

    def __init__(self, source: str, *, flattens: bool) -> None:
        found = rewrite(source)
        self.source = source
        everything = "variables" in found.functions
        self.reads: frozenset[Path] | None = None if everything else _shortest(found.paths)
        """What it reads; None for everything (it calls ``variables()``)."""
        _check_names(found.paths, found.functions, flattens)
        cel, known = _library()
        self._program = cel.compile(found.source)
        self._lazy = [cel.compile(one.source) for one in found.lazy]
        self._functions = {name: known[key] for name, key in _called(found.functions) if key in known}
        self._context = cel.Context
        self._variables = everything

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and other.source == self.source

    def __hash__(self) -> int:
        return hash(self.source)

    def __repr__(self) -> str:
        return f"Expression({shown(self.source)})"

    def reads_any(self, *path: str) -> bool:
        """Whether it reads anything of what ``path`` names."""
        return self.reads is None or any(path[: len(one)] == one[: len(path)] for one in self.reads)

    def evaluate(self, variables: Variables) -> Any:
        """The value; None where it is null or where the expression fails, as it does where it reads what is absent.

        Values are str, int, float, bool, bytes, datetime, timedelta, list and dict.
        """
        try:
            return self._run(variables.gather(self.reads))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:
            # A panic of the library comes as a BaseException.
            return None

    def _run(self, values: dict[str, Any]) -> Any:
        functions = dict(self._functions)
        if self._lazy:
            functions[LAZY_FUNCTION] = self._first(values, functions)
        if self._variables:
            functions["variables"] = lambda: values
        return self._program.execute(self._context(values, functions))

    def _first(self, values: dict[str, Any], functions: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
        """``default`` and ``coalesce``: the first of some expressions that does not fail (nor is null)."""

        def first(start: int, end: int, nulls: bool, bound: dict[str, Any]) -> Any:
            null_seen = False
            for program in self._lazy[start:end]:
                try:
                    value = program.execute(self._context({**values, **bound}, functions))
                except (KeyboardInterrupt, SystemExit):
                    raise
                except BaseException:
                    continue
                if value is not None or nulls:
                    return value
                null_seen = True
            if null_seen:
                return None
            raise LookupError

        return first


def compile_expression(source: str, *, flattens: bool = False) -> Expression:
    """Raises ExpressionError. ``flattens`` allows ``flatten`` and ``flattenRecursive``, which only fields may use."""
    if len(source) > MAX_LENGTH:
        raise ExpressionError(f"longer than {MAX_LENGTH} characters")
    if not source.strip():
        raise ExpressionError("an empty expression")
    cel, _ = _library()
    try:
        cel.compile(source)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        raise ExpressionError(f"not an expression: {_syntax(str(error), source)}: {shown(source)}") from None
    try:
        return Expression(source, flattens=flattens)
    except MacroError as error:
        raise ExpressionError(f"{error}: {shown(source)}") from None
    except (ValueError, RuntimeError):
        raise ExpressionError(f"not an expression that this gateway can evaluate: {shown(source)}") from None


def _syntax(message: str, source: str) -> str:
    """The library's first complaint, without what it quotes of the expression."""
    found = _PLACE.search(message)
    if found is None:
        return "it cannot be parsed"
    line, column = int(found[1]), int(found[2])
    reason = re.split(r" expecting | at input | at: |: ", found[3])[0]
    reason = re.sub(r"'[^']*'", lambda one: one[0] if one[0] == "'<EOF>'" else "a sign", reason)
    place = f"at its character {column}" if "\n" not in source.strip() else f"at its line {line}, character {column}"
    return f"{reason.replace("'<EOF>'", 'end').strip()} {place}"


def _shortest(paths: set[Path]) -> frozenset[Path]:
    """Without those that another one already holds."""
    return frozenset(one for one in paths if not any(one[:length] in paths for length in range(1, len(one))))


def _called(functions: set[str]) -> list[tuple[str, str]]:
    """Names as the rewritten expression calls them, and in the table."""
    return [("agw_string", "agw_string") if name == "string" else (name, name) for name in functions]


def _check_names(paths: set[Path], functions: set[str], flattens: bool) -> None:
    for path in sorted(paths):
        name = path[0]
        if name in UNSERVED:
            raise MacroError(f"the variable '{name}' is not supported by this gateway")
        if name not in SERVED:
            # A word that stands alone may be anything, a password too.
            named = f"there is no variable '{shown_name(name)}'" if len(path) > 1 else "a name that is no variable"
            raise MacroError(f"{named}; there are {', '.join(SERVED)}")
    for name in sorted(functions):
        if name in ("flatten", "flattenRecursive") and not flattens:
            raise MacroError(f"'{name}' is for fields of spans and logs only")
        if name not in _library()[1] and name not in _NATIVE and name != LAZY_FUNCTION:
            raise MacroError(f"there is no function '{shown_name(name)}'")


def flattened(value: Any) -> tuple[int, Any]:
    """How many levels of a value are to be spread over several fields, and the value."""
    if isinstance(value, dict) and FLATTEN in value:
        return value[FLATTEN], value.get("value")
    return 0, value
