"""Environment variables in the text of a config (agentgateway.md §1.1).

The whole text is expanded before it is YAML, comments too: ``$NAME``, ``${NAME}``, ``${NAME:-default}``, ``$$`` for a
dollar. A variable that is not set and has no default is an error; a value is never expanded again, nor shown.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from pathlib import Path

from agw.errors import ConfigError, Problem

# A ``${`` takes the next ``}``, even lines later, and stays as it is where there is none.
_REFERENCE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<braced>[^}]*)\}|(?P<bare>\w+))")
_SCHEMA_COMMENT = "# yaml-language-server: $schema"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


class Expanded:
    """``text`` after expansion, and where each of its characters came from.

    Values may bring lines of their own, so offsets into ``text`` are mapped and not lines.
    """

    def __init__(self) -> None:
        self.text = ""
        self._parts: list[str] = []
        self._length = 0
        self._starts = [0]
        self._lines = [1]
        self._values: list[tuple[int, int]] = []

    def line_at(self, offset: int) -> int:
        """The 1-based line of the file for an offset into the expanded text."""
        return self._lines[bisect_right(self._starts, offset) - 1]

    def is_from_environment(self, start: int, end: int) -> bool:
        """Whether text[start:end] holds anything of a variable's value."""
        return any(begin < end and start < stop for begin, stop in self._values)

    def _put_source(self, text: str, line: int) -> None:
        """Text as it stands in the file, from ``line`` on."""
        self._mark(line)
        for found in re.finditer("\n", text):
            line += 1
            self._starts.append(self._length + found.end())
            self._lines.append(line)
        self._append(text)

    def _put_value(self, text: str, line: int) -> None:
        self._mark(line)
        self._values.append((self._length, self._length + len(text)))
        self._append(text)

    def _mark(self, line: int) -> None:
        self._starts.append(self._length)
        self._lines.append(line)

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _finish(self) -> None:
        self.text = "".join(self._parts)


def expand(text: str, file: str, environ: Mapping[str, str]) -> Expanded:
    """Raises ConfigError naming every variable that is not set."""
    text = text.replace(_SCHEMA_COMMENT, "#")
    expanded = Expanded()
    problems: list[Problem] = []
    position, line = 0, 1
    if text == "~" or text.startswith("~/"):
        expanded._put_value(environ.get("HOME") or str(Path.home()), line)
        position = 1
    for found in _REFERENCE.finditer(text, position):
        before = text[position : found.start()]
        expanded._put_source(before, line)
        line += before.count("\n")
        position = found.end()
        if found["dollar"]:
            expanded._put_source("$", line)
            continue
        reference = found["bare"] or found["braced"] or ""
        name, separator, default = reference.partition(":-")
        if not name:
            name, separator = reference, ""
        if name in environ:
            expanded._put_value(environ[name], line)
        elif separator:
            expanded._put_source(default, line + name.count("\n"))
        else:
            problems.append(_unset(name, file, line))
        line += found[0].count("\n")
    expanded._put_source(text[position:], line)
    if problems:
        raise ConfigError(problems)
    expanded._finish()
    return expanded


def _unset(name: str, file: str, line: int) -> Problem:
    if not _NAME.fullmatch(name):
        # Not quoted: what follows a stray dollar may be a part of a credential.
        return Problem("a dollar begins what is no variable's name", file, line, hint="write $$ for a literal dollar")
    return Problem(
        f"the environment variable {name} is not set",
        file,
        line,
        hint=f"set it, or write ${{{name}:-default}}; write $$ for a literal dollar",
    )
