"""Classes whose objects are made for each call and never change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import dataclass_transform


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value[T](kind: type[T]) -> type[T]:
    """A frozen dataclass that the type checker holds to it. One that Python itself froze would take four times as long
    to make, since it must set each field past its own lock; a call makes some thirty of them."""
    made: type[T] = dataclass(slots=True, unsafe_hash=True)(kind)
    return made
