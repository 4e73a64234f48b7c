"""``config.content`` with the environment's switch under it."""

from __future__ import annotations

import pytest

from agw.config import loads
from agw.content.levels import Level
from agw.content.redactor import ALL, Rule
from agw.content.switch import VARIABLE
from agw.errors import ConfigError

ON = {VARIABLE: "SPAN_ONLY"}


def snapshot(content: str = "", destination: str = "", **environ: str):
    text = f"""\
config:
  tracing: {{otlpEndpoint: 'http://a'}}
  content: {{{content}}}
  destinations: [{{name: mine, endpoint: 'http://b'{destination}}}]
llm: {{models: []}}
"""
    return loads(text, "cfg.yaml", environ)


@pytest.mark.parametrize(
    ("content", "environ", "level", "rules"),
    [
        ("", {}, Level.NONE, ()),
        ("", ON, Level.FULL, ()),
        ("redact: [email]", ON, Level.REDACTED, (Rule("email"),)),
        ("redact: [email]", {}, Level.NONE, (Rule("email"),)),
        ("capture: redacted", {}, Level.REDACTED, ALL),
        ("capture: redacted, redact: [ssn, iban]", {}, Level.REDACTED, (Rule("ssn"), Rule("iban"))),
        ("capture: none", ON, Level.NONE, ()),
        ("capture: full", {}, Level.FULL, ()),
        ("capture: full, redact: [ssn]", {}, Level.FULL, (Rule("ssn"),)),
        (
            "capture: redacted, redact: [{name: e, pattern: 'emp-[0-9]+', replacement: x}, {name: f, pattern: 'a$$'}]",
            {},
            Level.REDACTED,
            (Rule("e", "emp-[0-9]+", "x"), Rule("f", "a$")),
        ),
    ],
)
def test_the_file_says_it_and_else_the_switch(content, environ, level, rules):
    found = snapshot(content, **environ)
    assert (found.content.level, found.content.rules) == (level, rules)
    assert [one.content for one in found.destinations] == [level, level]
    assert found.content_needed is level


def test_a_destination_may_say_something_else():
    found = snapshot("capture: none", ", content: redacted")
    assert [(one.content, one.redact) for one in found.destinations] == [(Level.NONE, ()), (Level.REDACTED, ALL)]
    assert found.content_needed is Level.REDACTED
    found = snapshot("capture: full, redact: [email]", ", content: redacted")
    assert found.destinations[1].redact == (Rule("email"),)
    assert found.content_needed is Level.FULL
    found = snapshot("capture: full, redact: [email]", ", content: none")
    assert [one.redact for one in found.destinations] == [(), (Rule("email"),)], "errors may quote a prompt"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("capture: all", "not one of the known values"),
        ("redact: [mail]", "not one of the known values"),
        ("redact: [{name: a}]", "'pattern' is missing"),
        ("redact: [{name: email, pattern: a}]", "'email' is a built-in rule"),
        ("redact: [{name: a, pattern: '('}]", "not a regular expression"),
        ("redact: [{name: a, pattern: '(?<=a)b'}]", "not a regular expression"),
        ("redact: email", "a list"),
        ("hide: [email]", "unknown key 'hide'"),
    ],
)
def test_a_mistake_is_told(content, said):
    with pytest.raises(ConfigError) as raised:
        snapshot(content)
    assert any(said in str(one) for one in raised.value.problems), str(raised.value)
