"""``config.standardAttributes``: who a call is for, by expression."""

from __future__ import annotations

import pytest

from agw.config import loads
from agw.errors import ConfigError
from agw.pricing.pricer import Prices
from agw.record import Attribution
from agw.record.transient import Claims, Transient
from agw.recorder.finish import finish, finishers_of
from support.records import chat_record

CONFIG = "config: {standardAttributes: {%s}}\nllm: {models: []}\n"
TRANSIENT = Transient(
    request_headers={"x-who": ["ada\x1b"], "x-team": ["blue"]}, claims=Claims(jwt={"sub": "verified", "groups": ["a"]})
)


def who(standard: str) -> Attribution:
    finishers = finishers_of(loads(CONFIG % standard, "cfg.yaml", {}), Prices())
    record = chat_record(attribution=Attribution(user="header", group="g"))
    return finish(record, TRANSIENT, finishers, print).attribution


def test_an_expression_is_over_what_everybody_else_says_and_what_it_gives_is_cleaned():
    found = who('user: \'request.headers["x-who"]\', group: \'jwt.groups[0] + "-" + request.headers["x-team"]\'')
    assert (found.user, found.group) == ("ada", "a-blue")


@pytest.mark.parametrize("expression", ["null", "jwt.nothing", "[1]", '""'])
def test_an_expression_that_gives_no_text_leaves_what_is_known(expression):
    assert who(f"user: '{expression}'") == Attribution(user="header", group="g")


def test_without_expressions_nothing_changes():
    assert who("") == Attribution(user="header", group="g")


def test_an_expression_with_a_mistake_is_refused_with_its_line():
    with pytest.raises(ConfigError) as raised:
        loads(CONFIG % "user: 'jwt.('", "cfg.yaml", {})
    (problem,) = raised.value.problems
    assert (problem.line, problem.path) == (1, "config.standardAttributes.user")
