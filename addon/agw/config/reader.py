"""A place in the tree, for the builders: values with their path, and problems with their line.

A value of the wrong type reads as absent, since the schema has complained of it already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agw.config.report import Report

MAX_FILE_BYTES = 1 << 20
"""Of a file that holds a credential."""
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HOST_PORT = re.compile(r"(?P<host>[^\s/@:\[\]?#]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True)
class At:
    """One value of the tree. ``at[key]`` steps down; a missing value is None and has no children."""

    report: Report
    path: tuple[str | int, ...] = ()
    value: Any = None

    def __getitem__(self, key: str) -> At:
        value = self.value.get(key) if isinstance(self.value, dict) else None
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
        self.report.meaning(self.path, message, hint)

    def text(self) -> str | None:
        return self.value if isinstance(self.value, str) else None

    def number(self) -> int | None:
        """A whole number; also one that is written 3000.0."""
        return int(self.value) if isinstance(self.value, int | float) and self.value == int(self.value) else None

    def mapping(self) -> dict[str, Any]:
        return self.value if isinstance(self.value, dict) else {}

    def seconds(self) -> float | None:
        """A duration such as ``10s``, ``500ms`` or ``1m30s``, in seconds."""
        text = self.text()
        if text is None:
            return None
        parts = _DURATION.findall(text)
        seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
        if not parts or "".join(number + unit for number, unit in parts) != text.replace(" ", ""):
            self.wrong("not a duration", "write for example 10s, 500ms or 1m30s")
        elif not 0 < seconds < 1e9:
            self.wrong("a duration must be longer than nothing", "leave it out where no limit is meant")
        else:
            return seconds
        return None

    def regex(self) -> re.Pattern[str] | None:
        """A regular expression; older configs write ``[pattern, length]``."""
        text = self.value[0] if isinstance(self.value, list) and self.value else self.value
        if not isinstance(text, str):
            return None
        if "[[:" in text:
            self.wrong("classes such as [[:alpha:]] are not supported by this gateway", "write [A-Za-z], \\d or \\w")
            return None
        try:
            return re.compile(text)
        except (re.error, RecursionError, OverflowError) as error:
            # The position only: the message quotes the pattern, which may match a credential.
            where = (
                f" at its character {error.pos + 1}" if isinstance(error, re.error) and error.pos is not None else ""
            )
            self.wrong(f"not a regular expression{where}", "the syntax is Python's; $$ stands for one dollar")
            return None

    def header_name(self) -> str | None:
        text = self.text()
        if text is not None and not _HEADER_NAME.fullmatch(text):
            self.wrong("not a header's name", "letters, digits and dashes")
            return None
        return text

    def header_value(self) -> str | None:
        text = self.text()
        if text is not None and not text.isprintable():
            self.wrong("line breaks and control characters cannot stand in a header")
            return None
        return text

    def request_path(self) -> str | None:
        """What goes on a request line: printable, without spaces, from ``/`` on."""
        text = self.text()
        if text is None:
            return None
        if not text.isprintable() or " " in text:
            self.wrong("spaces and control characters cannot stand in a path", "write %20 for a space")
        elif not text.startswith("/"):
            self.wrong("a path begins with /", "write for example /v1")
        else:
            return text
        return None

    def host_port(self) -> tuple[str, int] | None:
        """``host:port`` or ``[v6]:port``."""
        text = self.text()
        if text is None:
            return None
        found = _HOST_PORT.fullmatch(text)
        if found is None or not 0 < int(found["port"]) < 65536:
            hint = "write for example api.example.com:443, without scheme and path"
            self.wrong("not host:port", hint)
            return None
        return found["host"].strip("[]"), int(found["port"])

    def file_name(self) -> str | None:
        """The absolute name of a file that is there: relative to the config file's folder first, or to ``~``."""
        text = self.text()
        if text is None:
            return None
        try:
            name = Path(text).expanduser()
            beside = Path(self.report.file).absolute().parent / name
            name = beside if beside.exists() else name.absolute()
            found = name.is_file()
        except (OSError, RuntimeError, ValueError):
            found = False
        if not found:
            self.wrong("there is no such file", "relative names start at the config file's folder")
            return None
        return str(name)

    def file_text(self) -> str | None:
        """What a small file holds."""
        name = self.file_name()
        if name is None:
            return None
        try:
            with Path(name).open("rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)
            if len(data) <= MAX_FILE_BYTES:
                return data.decode("utf-8-sig")
        except (OSError, UnicodeDecodeError):
            pass
        self.wrong("the file cannot be read as text")
        return None
