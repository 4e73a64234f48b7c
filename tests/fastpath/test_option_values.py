"""Options are what they are in mitmproxy, and nobody can change another's in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from mitmproxy.optmanager import OptManager, _Option

from agw.fastpath.option_values import current

KINDS: tuple[tuple[Any, Any, Any], ...] = (
    (bool, True, False),
    (int, 1, 0),
    (str, "a", ""),
    (str | None, None, "x"),
    (int | None, None, 0),
    (Sequence[str], ["a"], ["b", "c"]),
)


@pytest.mark.parametrize("kind, default, other", KINDS)
def test_values_are_those_of_mitmproxy(monkeypatch: pytest.MonkeyPatch, kind: Any, default: Any, other: Any) -> None:
    def told() -> list[Any]:
        options = OptManager()
        options.add_option("one", kind, default, "")
        seen = [options.one]
        options.update(one=other)
        seen.append(options.one)
        if isinstance(options.one, list):
            options.one.append("mine")
        seen.append(options.one)
        options.reset()
        seen.append(options.one)
        return seen

    plain = told()
    monkeypatch.setattr(_Option, "current", current(_Option.current))
    fast = told()
    assert fast == plain == [default, other, other, default]
    assert [type(value) for value in fast] == [type(value) for value in plain]
