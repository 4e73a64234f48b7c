"""``authorization``: rules by expressions over the request and over who the client is."""

from __future__ import annotations

from agw.cel import Variables
from agw.config.clients import Authorization
from agw.errors import Forbidden


def authorize(rules: Authorization, variables: Variables) -> None:
    """Raises Forbidden. A rule whose expression fails is not fulfilled: it neither allows nor denies."""
    if any(one.evaluate(variables) is True for one in rules.deny):
        raise Forbidden("authorization failed: a rule denies this request")
    if any(one.evaluate(variables) is not True for one in rules.require):
        raise Forbidden("authorization failed: a rule that is required is not fulfilled")
    if rules.allow and not any(one.evaluate(variables) is True for one in rules.allow):
        raise Forbidden("authorization failed: no rule allows this request")
