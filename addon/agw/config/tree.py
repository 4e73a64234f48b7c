"""YAML text to plain values, with the line of each.

Scalars are read as YAML 1.2 reads them, since the reference does: ``on`` and ``yes`` are text, ``1:30`` is text, dates
are text.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from agw.config.expand import Expanded
from agw.errors import ConfigError, Problem

Path = tuple[str | int, ...]

MAX_NODES = 200_000
"""Values that one file may mean; aliases of aliases reach it, people do not."""


class _Loader(yaml.SafeLoader):
    """Resolves scalars by YAML 1.2's core schema."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("merge", r"<<", "<"),
):
    _key = [None if one == "\0" else one for one in _first]
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), _key)
_Loader.yaml_implicit_resolvers[""] = [("tag:yaml.org,2002:null", re.compile(r"\Z"))]


class Tree:
    """``value`` is the document; ``line`` finds where a path stands."""

    def __init__(self, value: Any, lines: dict[Path, int]) -> None:
        self.value = value
        self._lines = lines

    def line(self, path: Path) -> int | None:
        """The 1-based line of the file; of a path that is not there, its nearest ancestor's."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path)


def parse(expanded: Expanded, file: str) -> Tree:
    """Raises ConfigError for text that is not one YAML document with unique keys."""
    try:
        node = yaml.compose(expanded.text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else expanded.line_of(mark.line + 1)
        raise ConfigError([Problem(f"not valid YAML: {error.problem or 'syntax error'}", file, line)]) from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise ConfigError([Problem("not valid YAML: it holds characters or nesting that YAML refuses", file)]) from None
    if node is None:
        raise ConfigError([Problem("the file is empty", file, hint="write binds, gateways or llm")])
    builder = _Builder(expanded, file)
    try:
        value = builder.build(node, ())
    except RecursionError:
        raise ConfigError([Problem("nested too deeply, or an alias inside itself", file)]) from None
    if builder.problems:
        raise ConfigError(builder.problems)
    return Tree(value, builder.lines)


class _Builder:
    def __init__(self, expanded: Expanded, file: str) -> None:
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
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
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                for source in value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]:
                    if isinstance(source, yaml.MappingNode):
                        merged = {**self._mapping(source, path), **merged}
                continue
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "?"
            if key in own:
                self.problems.append(Problem(f"the key '{key[:60]}' stands twice", self._file, self._line(key_node)))
            self.lines[(*path, key)] = self._line(key_node)
            own[key] = self.build(value_node, (*path, key))
        return {**merged, **own}

    def _scalar(self, node: yaml.Node) -> Any:
        kind = node.tag.rpartition(":")[2]
        text = str(node.value)
        if kind == "bool":
            return text.lower() == "true"
        if kind == "null":
            return None
        if kind == "int":
            return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
        return float(text) if kind == "float" else text

    def _line(self, node: yaml.Node) -> int:
        return self._expanded.line_of(node.start_mark.line + 1)
