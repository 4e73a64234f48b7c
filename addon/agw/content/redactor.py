"""Takes what the rules name out of texts, wherever in a JSON value they stand.

A text is looked at in windows that overlap by ``MAX_MATCH`` characters, so that one call never holds the interpreter
for long, and a match at a window's border is still found whole. Of a text longer than ``MAX_TEXT`` the rest is left
out, and a border of ``MAX_MATCH`` with it, since it may hold the first half of something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import re2

from agw.cel.patterns import compiled
from agw.content.media import mapping_without_media, text_without_media
from agw.content.recognisers import MAX_MATCH, RECOGNISERS, Find, Recogniser, Span

MAX_TEXT = 1_000_000
_WINDOW = 65_536
_SHORTEST = 6
"""Nothing that is built in is shorter."""
_LEAST_NUMBER = 10**8


@dataclass(frozen=True, slots=True)
class Rule:
    """A built-in recogniser by ``name``, or one's own: ``pattern`` in RE2's syntax."""

    name: str
    pattern: str | None = None
    replacement: str | None = None
    """None: ``[redacted NAME]``."""


ALL = tuple(Rule(name) for name in RECOGNISERS)


class Redactor:
    """Raises ValueError where a rule's pattern cannot be compiled. Safe to share between threads."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = [(rule.replacement or f"[redacted {rule.name}]", *_find(rule)) for rule in rules]
        self._own = any(rule.pattern is not None for rule in rules)
        self._set = _coarse([RECOGNISERS[rule.name] for rule in rules if rule.pattern is None])
        self._built_in = [index for index, rule in enumerate(rules) if rule.pattern is None]

    def __bool__(self) -> bool:
        return bool(self._rules)

    def text(self, text: str) -> str:
        if not self._rules:
            return text
        if len(text) > MAX_TEXT:
            kept = self._applied(text[: MAX_TEXT + MAX_MATCH])[:-MAX_MATCH]
            return f"{kept}…[{len(text) - MAX_TEXT} more characters]"
        return self._applied(text)

    def json(self, value: Any) -> Any:
        """A JSON value with all of its texts, keys and long numbers looked at. The unchanged is not copied."""
        return mapped(value, self.text, lambda one: one)

    def _applied(self, text: str) -> str:
        found = self._candidates(text)
        for index, (replacement, find, shortest) in enumerate(self._rules):
            if (found is None or index in found) and len(text) >= shortest:
                text = _replaced(text, find, replacement)
        return text

    def _candidates(self, text: str) -> set[int]:
        """The rules that may find something; one's own always may."""
        found = {index for index in range(len(self._rules)) if index not in self._built_in} if self._own else set()
        if self._set is not None and len(text) >= _SHORTEST:
            for start in range(0, len(text), _WINDOW):
                hits = self._set.Match(text[start : start + _WINDOW + MAX_MATCH]) or ()
                found.update(self._built_in[one] for one in hits)
        return found


def without_media(value: Any) -> Any:
    """A JSON value with descriptions where base64 media stood."""
    return mapped(value, text_without_media, mapping_without_media)


def mapped(value: Any, on_text: Callable[[str], str], on_mapping: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """``value`` with every text and key changed; what stays the same is the same object.

    Raises RecursionError for what is nested too deeply.
    """
    if isinstance(value, str):
        return on_text(value)
    if isinstance(value, dict):
        changed = on_mapping(value)
        members = {on_text(name): mapped(one, on_text, on_mapping) for name, one in changed.items()}
        same = len(members) == len(value) and all(
            name in members and members[name] is one for name, one in value.items()
        )
        return value if same else members
    if isinstance(value, list):
        items = [mapped(one, on_text, on_mapping) for one in value]
        return value if all(new is old for new, old in zip(items, value, strict=True)) else items
    if isinstance(value, int) and abs(value) >= _LEAST_NUMBER:
        # A card's or a person's number may come as a number.
        text = str(value) if value.bit_length() < 256 else ""
        changed_text = on_text(text)
        return value if changed_text == text else changed_text
    return value


def _find(rule: Rule) -> tuple[Find, int]:
    """How a rule's finds are looked for, and the least length of one."""
    if rule.pattern is None:
        return RECOGNISERS[rule.name].find, _SHORTEST
    own = compiled(rule.pattern)

    def find(text: str, at: int) -> Iterator[Span]:
        spans = (one.span() for one in own.finditer(text, at))
        # An empty match marks nothing.
        return ((start, end) for start, end in spans if end > start)

    return find, 0


def _replaced(text: str, find: Find, replacement: str) -> str:
    pieces: list[str] = []
    done = 0
    for start, end in _spans(text, find):
        pieces += (text[done:start], replacement)
        done = end
    if not pieces:
        return text
    pieces.append(text[done:])
    return "".join(pieces)


def _spans(text: str, find: Find) -> Iterator[Span]:
    """Spans in their order, looked for in windows: one that begins in a window may end in its overlap."""
    done = 0
    for window in range(0, len(text), _WINDOW):
        # Some text before it, so that what begins in the middle of a word is seen to do so.
        base = max(window - 64, 0)
        shown = text[base : window + _WINDOW + MAX_MATCH]
        end = window + _WINDOW - base
        for found in find(shown, max(done, window) - base):
            if found[0] >= end:
                break
            done = base + found[1]
            yield base + found[0], done


def _coarse(recognisers: list[Recogniser]) -> Any:
    if not recognisers:
        return None
    options = re2.Options()
    options.log_errors = False
    # With too little memory a set finds nothing at all instead of failing.
    options.max_mem = 64 << 20
    one = re2.Set.SearchSet(options)
    for recogniser in recognisers:
        one.Add(recogniser.coarse)
    one.Compile()
    return one
