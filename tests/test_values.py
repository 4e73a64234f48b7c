"""Values are dataclasses in all but that Python does not hold them still."""

from __future__ import annotations

from dataclasses import field, fields, replace

import pytest

from agw.values import value


@value
class Example:
    number: int
    texts: tuple[str, ...] = ()
    more: dict[str, int] = field(default_factory=dict, compare=False)


def test_it_is_made_compared_copied_and_hashed_as_a_dataclass() -> None:
    one = Example(1, ("a",))
    assert one == Example(1, texts=("a",))
    assert one != Example(2, ("a",))
    assert hash(one) == hash(Example(1, ("a",)))
    assert replace(one, number=3) == Example(3, ("a",))
    assert [each.name for each in fields(one)] == ["number", "texts", "more"]
    assert one.more is not Example(1).more


def test_it_takes_no_field_that_it_has_not() -> None:
    with pytest.raises(AttributeError):
        Example(1).other = 2  # type: ignore[attr-defined]
