"""Collects what is wrong with one config, each thing with its place."""

from __future__ import annotations

from agw.config.tree import Path, Tree
from agw.errors import Problem


class Report:
    """What was found in one tree. Messages and hints never quote a value: it might be a key."""

    def __init__(self, tree: Tree, file: str) -> None:
        self.tree = tree
        self.file = file
        self._by_shape: dict[Problem, Path] = {}
        self._by_meaning: dict[Problem, Path] = {}

    def shape(self, path: Path, message: str, hint: str = "") -> None:
        """Something against the schema."""
        self._by_shape[self._problem(path, message, hint)] = path

    def meaning(self, path: Path, message: str, hint: str = "") -> None:
        """Something that fits the schema and still cannot be used."""
        self._by_meaning[self._problem(path, message, hint)] = path

    def problems(self) -> list[Problem]:
        """All of them in the order of the file.

        A value whose shape is wrong is not judged again for its meaning, nor is what contains it.
        """
        shapes = list(self._by_shape.values())
        meant = [one for one, path in self._by_meaning.items() if not any(_related(path, shape) for shape in shapes)]
        return sorted([*self._by_shape, *meant], key=lambda one: (one.line or 0, one.path, one.message))

    def _problem(self, path: Path, message: str, hint: str) -> Problem:
        return Problem(message, self.file, self.tree.line(path), self.tree.dotted(path), hint)


def _related(one: Path, other: Path) -> bool:
    length = min(len(one), len(other))
    return one[:length] == other[:length]
