"""Journals on files of a test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agw.journal import Journal
from agw.journal.opening import NAME


class Kept(Journal):
    """A journal that keeps what it told, with a clock that stands still until it is moved."""

    told: list[str]


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / NAME


@pytest.fixture
def journal(path: Path, clock: Clock) -> Iterator[Callable[..., Kept]]:
    """Opens one: ``journal()`` on the test's own file, ``journal(other_path)``, ``journal(None)`` in memory."""
    opened: list[Kept] = []

    def opening(file: Any = path, destinations: tuple[str, ...] = ("one",), **more: Any) -> Kept:
        told: list[str] = []
        one = Kept(file, on_trouble=told.append, clock=clock, **more)
        one.told = told
        one.serve(destinations, lambda: None)
        opened.append(one)
        return one

    yield opening
    for one in opened:
        for store in one.backlogs():
            store.close()
