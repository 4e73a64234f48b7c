"""YAML text to plain values, with the line of each.

Scalars are read as YAML 1.2 reads them, since the reference does: ``on`` and ``yes`` are text, ``1:30``, ``007`` and
dates are text.
"""

from __future__ import annotations

import math
import re
from typing import Any

import yaml

from agw.config.expand import Expanded
from agw.errors import ConfigError, Problem

Path = tuple[str | int, ...]

MAX_NODES = 200_000
"""Values that one file may mean; aliases of aliases reach it, people do not."""
_TAG = "tag:yaml.org,2002:"
_MERGE = _TAG + "merge"
_KINDS = ("bool", "null", "int", "float", "str", "merge", "value")


class _Loader(yaml.SafeLoader):
    """Resolves scalars by YAML 1.2's core schema."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL", "~nN"),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,99})|0o[0-7]{1,99}|0x[0-9a-fA-F]{1,99}", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(_TAG + _tag, re.compile(rf"(?:{_pattern})\Z"), list(_first))
_Loader.yaml_implicit_resolvers[""] = [(_TAG + "null", re.compile(r"\Z"))]


class Tree:
    """``value`` is the document; ``line`` finds where a path stands."""

    def __init__(self, value: Any, lines: dict[Path, int], hidden: set[str], foreign: set[Path]) -> None:
        self.value = value
        self._lines = lines
        self._hidden = hidden
        self._foreign = foreign

    def line(self, path: Path) -> int | None:
        """The 1-based line of the file; of a path that is not there, its nearest ancestor's."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path)

    def is_from_environment(self, path: Path) -> bool:
        """Whether an environment variable wrote a text, or a part of it."""
        return path in self._foreign

    def dotted(self, path: Path) -> str:
        """The path for people: ``binds[0].port``."""
        return "".join(f"[{step}]" if isinstance(step, int) else f".{self.shown(step)}" for step in path)[
            0 if path and isinstance(path[0], int) else 1 :
        ]

    def shown(self, key: str) -> str:
        """A key for people: short, on one line, and hidden if an environment variable wrote it."""
        if key in self._hidden:
            return "***"
        text = "".join(char if char.isprintable() else "?" for char in key[:60])
        return text if len(key) <= 60 else text + "..."


def parse(expanded: Expanded, file: str) -> Tree:
    """Raises ConfigError for text that is not one YAML document with unique keys."""
    try:
        node = yaml.compose(expanded.text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else expanded.line_at(mark.index)
        message, hint = _syntax(error.problem or "")
        raise ConfigError([Problem(message, file, line, hint=hint)]) from None
    except yaml.reader.ReaderError as error:
        line = expanded.line_at(error.position)
        raise ConfigError([Problem("not valid YAML: a control character", file, line)]) from None
    except RecursionError:
        raise ConfigError([Problem("not valid YAML: nested too deeply", file)]) from None
    if node is None:
        raise ConfigError([Problem("the file is empty", file, hint="write binds, gateways or llm")])
    builder = _Builder(expanded, file)
    try:
        value = builder.build(node, ())
    except RecursionError:
        raise ConfigError([Problem("nested too deeply, or an alias inside itself", file)]) from None
    if builder.problems:
        raise ConfigError(builder.problems)
    return Tree(value, builder.lines, builder.hidden, builder.foreign)


def _syntax(problem: str) -> tuple[str, str]:
    """The parser's complaint without the text that it quotes, and what to do about it."""
    if "undefined alias" in problem:
        return "not valid YAML: an alias that no anchor defines", "put a text that begins with * in quotes"
    if "another document" in problem:
        return "a second YAML document begins here", "a config is one document; take out the line ---"
    if "mapping values are not allowed" in problem:
        return "not valid YAML: a ':' where none can be", "check the indentation; put a text that holds ': ' in quotes"
    if "'\\t'" in problem:
        return "not valid YAML: a tab", "indent with spaces"
    quoted = r"'(?!.{1,2}'|<)[^']*'|\"(?!.{1,2}\")[^\"]*\""
    return f"not valid YAML: {re.sub(quoted, '...', problem) or 'syntax error'}", ""


class _Builder:
    def __init__(self, expanded: Expanded, file: str) -> None:
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
        self.hidden: set[str] = set()
        self.foreign: set[Path] = set()
        self._expanded = expanded
        self._file = file
        self._count = 0

    def build(self, node: yaml.Node, path: Path) -> Any:
        self._count += 1
        if self._count > MAX_NODES:
            raise ConfigError([Problem("the file means too many values; are aliases multiplied?", self._file)])
        self.lines.setdefault(path, self._line(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(one, (*path, index)) for index, one in enumerate(node.value)]
        if self._expanded.is_from_environment(node.start_mark.index, node.end_mark.index):
            self.foreign.add(path)
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        """Own keys win over merged ones, and of those the first (https://yaml.org/type/merge.html)."""
        own: dict[str, Any] = {}
        sources: list[yaml.Node] = []
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                sources += value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                self._wrong(key_node, "a list or a mapping stands as a key", "put a text that begins with { in quotes")
                continue
            key = str(key_node.value)
            if self._expanded.is_from_environment(key_node.start_mark.index, key_node.end_mark.index):
                self.hidden.add(key)
            if key in own:
                shown = "***" if key in self.hidden else key[:60]
                self._wrong(key_node, f"the key '{shown}' stands twice", "keep one of them")
            self.lines.setdefault((*path, key), self._line(key_node))
            own[key] = self.build(value_node, (*path, key))
        merged: dict[str, Any] = {}
        for source in sources:
            if isinstance(source, yaml.MappingNode):
                self._count += 1
                merged = {**self._mapping(source, path), **merged}
            else:
                self._wrong(source, "'<<' merges only mappings", "write <<: *anchor")
        return {**merged, **own}

    def _scalar(self, node: yaml.Node) -> Any:
        kind = node.tag.removeprefix(_TAG)
        text = str(node.value)
        try:
            if kind == "bool":
                return {"true": True, "false": False}[text.lower()]
            if kind == "null":
                return None
            if kind == "int":
                return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
            if kind == "float":
                return float(text) if math.isfinite(float(text)) else text
        except (ValueError, KeyError):
            self._wrong(node, "the value does not fit its tag", "take the tag out")
        if kind not in _KINDS:
            self._wrong(node, "an unknown tag", "put a text that begins with ! in quotes")
        return text

    def _wrong(self, node: yaml.Node, message: str, hint: str) -> None:
        self.problems.append(Problem(message, self._file, self._line(node), hint=hint))

    def _line(self, node: yaml.Node) -> int:
        return self._expanded.line_at(node.start_mark.index)
