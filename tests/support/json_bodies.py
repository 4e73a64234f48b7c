"""Bodies as hypothesis makes them: any JSON under the keys and type words that an API knows, so that readers are led
into their depths and find the wrong thing there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st


def bodies(keys: Sequence[str], words: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects whose members, at any depth, come from ``keys``, and whose strings often are one of ``words``."""
    leaves = (
        st.sampled_from(list(words))
        | st.text(max_size=6)
        | st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
    )
    names = st.sampled_from(list(keys))
    inner = st.recursive(
        leaves,
        lambda deeper: st.lists(deeper, max_size=3) | st.dictionaries(names, deeper, max_size=5),
        max_leaves=25,
    )
    return st.dictionaries(names, inner, max_size=8)
