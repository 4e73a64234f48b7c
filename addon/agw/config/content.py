"""``config.content``: how much of prompts and answers is recorded, and what is taken out of it."""

from __future__ import annotations

from collections.abc import Mapping

from agw.cel.patterns import compiled
from agw.config.reader import At
from agw.content.levels import ContentSettings, Level
from agw.content.recognisers import RECOGNISERS
from agw.content.redactor import ALL, Rule
from agw.content.switch import capture_content


def content(at: At, environ: Mapping[str, str]) -> ContentSettings:
    """Where the file says nothing, the environment's switch does: on, content is recorded whole, or redacted where the
    file has rules. ``redacted`` without rules means all that are built in."""
    rules = tuple(rule for one in at["redact"].items() if (rule := _rule(one)) is not None)
    said = at["capture"].text()
    if said in tuple(Level):
        level = Level(said)
    elif capture_content(environ)[0]:
        level = Level.REDACTED if rules else Level.FULL
    else:
        level = Level.NONE
    if level is Level.REDACTED and not at["redact"]:
        rules = ALL
    return ContentSettings(level, rules)


def of_destination(at: At, settings: ContentSettings) -> tuple[Level, tuple[Rule, ...]]:
    """What a destination's own ``content`` says, else what the whole gateway's does; and what redacting means there."""
    said = at["content"].text()
    level = Level(said) if said in tuple(Level) else settings.level
    if level is Level.FULL:
        return level, ()
    # Without content too: errors and fields may quote it.
    return level, settings.rules or (ALL if level is Level.REDACTED else ())


def _rule(at: At) -> Rule | None:
    if (name := at.text()) is not None:
        return Rule(name) if name in RECOGNISERS else None
    name, pattern = at["name"].text(), at["pattern"].text()
    if name is None or pattern is None:
        return None
    if name in RECOGNISERS:
        at["name"].wrong(f"'{name}' is a built-in rule", "choose another name")
    try:
        compiled(pattern)
    except ValueError as error:
        at["pattern"].wrong(str(error), "the syntax is RE2's; $$ stands for one dollar")
        return None
    return Rule(name, pattern, at["replacement"].text())
