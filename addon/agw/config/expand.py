"""Environment variables in the text of a config (agentgateway.md §1.1).

The whole text is expanded before it is YAML, comments too: ``$NAME``, ``${NAME}``, ``${NAME:-default}``, ``$$`` for a
dollar. A variable that is not set and has no default is an error; a value is never expanded again, nor shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from agw.errors import ConfigError, Problem

_REFERENCE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<braced>[^}\n]*)\}|(?P<bare>\w+))", re.ASCII)
_SCHEMA_COMMENT = "# yaml-language-server: $schema"


class Expanded:
    """``text`` after expansion; ``line_of`` tells where its lines stand in the file, since values may bring lines."""

    def __init__(self, text: str, source_lines: list[int]) -> None:
        self.text = text
        self._source_lines = source_lines

    def line_of(self, line: int) -> int:
        """The 1-based line of the file for a 1-based line of the expanded text."""
        return self._source_lines[min(line, len(self._source_lines)) - 1] if self._source_lines else 1


def expand(text: str, file: str, environ: Mapping[str, str]) -> Expanded:
    """Raises ConfigError naming every variable that is not set."""
    problems: list[Problem] = []
    lines: list[str] = []
    source_lines: list[int] = []
    for number, line in enumerate(text.split("\n"), 1):

        def value(found: re.Match[str], number: int = number) -> str:
            if found["dollar"]:
                return "$"
            name, separator, default = (found["braced"] or found["bare"] or "").partition(":-")
            if name in environ:
                return environ[name]
            if separator:
                return default
            problems.append(
                Problem(
                    f"the environment variable {name[:100]} is not set",
                    file,
                    number,
                    hint=f"set it, or write ${{{name[:100]}:-default}}; a dollar that is no variable is written $$",
                )
            )
            return ""

        expanded = _REFERENCE.sub(value, line.replace(_SCHEMA_COMMENT, "#")).split("\n")
        lines.extend(expanded)
        source_lines.extend([number] * len(expanded))
    if problems:
        raise ConfigError(problems)
    whole = "\n".join(lines)
    if whole.startswith("~"):
        whole = environ.get("HOME", str(Path.home())) + whole[1:]
    return Expanded(whole, source_lines)
