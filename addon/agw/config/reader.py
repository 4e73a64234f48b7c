"""A place in the tree, for builders: values with their path, and problems with their line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agw.config.check import dotted
from agw.config.secret import Secret
from agw.config.tree import Tree
from agw.errors import Problem

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class At:
    """One value of the tree. ``at[key]`` steps down; a missing value is None and has no children."""

    tree: Tree
    file: str
    problems: list[Problem] = field(default_factory=list)
    path: tuple[str | int, ...] = ()
    value: Any = None

    def __getitem__(self, key: str | int) -> At:
        value = None
        if isinstance(key, str) and isinstance(self.value, dict):
            value = self.value.get(key)
        return replace(self, path=(*self.path, key), value=value)

    def __bool__(self) -> bool:
        return self.value is not None

    def items(self) -> Iterator[At]:
        """The elements of a list."""
        for index, value in enumerate(self.value if isinstance(self.value, list) else []):
            yield replace(self, path=(*self.path, index), value=value)

    def members(self) -> Iterator[tuple[str, At]]:
        """The members of a mapping."""
        for key in self.value if isinstance(self.value, dict) else {}:
            yield key, self[key]

    def wrong(self, message: str, hint: str = "") -> None:
        self.problems.append(Problem(message, self.file, self.tree.line(self.path), dotted(self.path), hint))

    def text(self) -> str | None:
        return self.value if isinstance(self.value, str) else None

    def seconds(self) -> float | None:
        """A duration such as ``10s``, ``500ms`` or ``1m30s``; a plain number is seconds."""
        if self.value is None:
            return None
        if isinstance(self.value, int | float):
            return float(self.value)
        parts = _DURATION.findall(str(self.value))
        if not parts or "".join(number + unit for number, unit in parts) != str(self.value).replace(" ", ""):
            self.wrong("not a duration", "write for example 10s, 500ms or 1m")
            return None
        return sum(float(number) * _SECONDS[unit] for number, unit in parts)

    def regex(self) -> re.Pattern[str] | None:
        text = self.value[0] if isinstance(self.value, list) and self.value else self.value
        if not isinstance(text, str):
            return None
        try:
            return re.compile(text)
        except (re.error, RecursionError, OverflowError) as error:
            self.wrong(f"not a regular expression: {error}", "Python's syntax; $$ stands for a dollar")
            return None

    def file_name(self) -> str | None:
        """A path to a file that must be there: relative to the config file's folder, or to ~."""
        text = self.text()
        if text is None:
            return None
        name = Path(text).expanduser()
        if not name.is_absolute():
            beside = Path(self.file).resolve().parent / name
            name = beside if beside.exists() else name.resolve()
        if not name.is_file():
            self.wrong("there is no such file")
            return None
        return str(name)

    def secret(self) -> Secret | None:
        """A credential: the text itself, or ``{file: PATH}``; trimmed, never empty."""
        text = self.text()
        if isinstance(self.value, dict) and "file" in self.value:
            name = self["file"].file_name()
            if name is None:
                return None
            try:
                text = Path(name).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                self["file"].wrong("the file cannot be read as text")
                return None
        if text is None:
            return None
        if not text.strip():
            self.wrong("the credential is empty", "is the environment variable empty?")
            return None
        if not text.strip().isprintable():
            self.wrong("the credential holds line breaks or control characters", "is it the right variable or file?")
            return None
        return Secret(text.strip())
