"""What guards find and mask in the bodies of every API, and what they leave as it is."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.config.expand import expand
from agw.config.guard_rules import Guard, Rejection, Scope
from agw.config.prompt_guard import prompt_guard
from agw.config.reader import At
from agw.config.report import Report
from agw.config.tree import parse
from agw.errors import GuardRejected
from agw.policies.guard import guard_answer, guard_request

CARD, SSN, MAIL = "4111 1111 1111 1111", "123-45-6789", "jo@example.com"
EVERY = frozenset(Scope)


def guards(text: str, part: str = "request") -> tuple[Guard, ...]:
    report = Report(parse(expand(text, "", {}), ""), "")
    found = prompt_guard(At(report, (), report.tree.value))
    assert report.problems() == []
    assert found is not None
    return getattr(found, part)


def masking(*builtins: str, scope: str = "[systemPrompt, messages, toolOutput, toolInput]") -> tuple[Guard, ...]:
    rules = ", ".join(f"{{builtin: {one}}}" for one in builtins)
    return guards(f"request: [{{regex: {{rules: [{rules}]}}, scope: {scope}}}]")


@pytest.mark.parametrize(
    ("builtin", "text", "masked"),
    [
        ("creditCard", f"pay {CARD} now", "pay <CREDIT_CARD> now"),
        ("creditCard", "4111111111111111", "<CREDIT_CARD>"),
        ("creditCard", "amex 3782 822463 10005.", "amex <CREDIT_CARD>."),
        ("creditCard", "order 1234567890123456", "order 1234567890123456"),
        ("ssn", f"ssn {SSN}", "ssn <SSN>"),
        ("ssn", "000-12-3456 and 666-12-3456", "000-12-3456 and 666-12-3456"),
        ("email", f"mail {MAIL}, please", "mail <EMAIL_ADDRESS>, please"),
        ("email", "no@mail", "no@mail"),
        ("phoneNumber", "call +1 (555) 123-4567", "call <PHONE_NUMBER>"),
        ("phoneNumber", "call 555.123.4567", "call <PHONE_NUMBER>"),
        ("caSin", "sin 046 454 286", "sin <CA_SIN>"),
    ],
)
def test_a_builtin_pattern_is_masked_and_what_only_looks_like_it_is_not(builtin, text, masked):
    found = guard_request(masking(builtin), {"messages": [{"role": "user", "content": text}]})
    expected = {"messages": [{"role": "user", "content": masked}]} if masked != text else {}
    assert found.changes == expected
    assert found.masked == ((builtin,) if expected else ())


BODIES = {
    "completions": {
        "messages": [
            {"role": "system", "content": MAIL},
            {
                "role": "user",
                "content": [{"type": "text", "text": MAIL}, {"type": "image_url", "image_url": {"url": MAIL}}],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": json.dumps({"to": MAIL})}}],
            },
            {"role": "tool", "tool_call_id": "1", "content": MAIL},
        ]
    },
    "messages": {
        "system": [{"type": "text", "text": MAIL}],
        "messages": [
            {"role": "user", "content": MAIL},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "f", "input": {"to": [MAIL]}}]},
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": MAIL}]}],
            },
        ],
    },
    "responses": {
        "instructions": MAIL,
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": MAIL}]},
            {"type": "function_call", "arguments": json.dumps({"to": MAIL})},
            {"type": "function_call_output", "output": MAIL},
        ],
    },
    "generateContent": {
        "systemInstruction": {"parts": [{"text": MAIL}]},
        "contents": [
            {"role": "user", "parts": [{"text": MAIL}]},
            {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {"to": MAIL}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"result": MAIL}}}]},
        ],
    },
    "converse": {
        "system": [{"text": MAIL}],
        "messages": [
            {"role": "user", "content": [{"text": MAIL}]},
            {"role": "assistant", "content": [{"toolUse": {"toolUseId": "1", "name": "f", "input": {"to": MAIL}}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "1", "content": [{"text": MAIL}]}}]},
        ],
    },
}


@pytest.mark.parametrize("api", BODIES)
def test_every_scope_of_every_api_is_reached_and_nothing_else(api):
    body = copy.deepcopy(BODIES[api])
    found = guard_request(masking("email"), body)
    assert body == BODIES[api], "the client's own body stays as it is"
    for scope in Scope:
        alone = guard_request(masking("email", scope=f"[{scope}]"), body)
        left = json.dumps({**body, **alone.changes})
        assert left.count("<EMAIL_ADDRESS>") == 1, scope
    whole = json.dumps({**body, **found.changes})
    assert whole.count("<EMAIL_ADDRESS>") == 4
    assert whole.count(MAIL) == (1 if api == "completions" else 0), "a picture's address is no text"


@pytest.mark.parametrize(
    "body",
    [
        {"prompt": MAIL},
        {"prompt": [MAIL, "b"]},
        {"input": MAIL},
        {"input": ["a", MAIL]},
        {"query": MAIL},
    ],
)
def test_short_forms_of_prompts_are_reached(body):
    assert "<EMAIL_ADDRESS>" in json.dumps(guard_request(masking("email"), body).changes)


@pytest.mark.parametrize(
    "answer",
    [
        {"choices": [{"message": {"role": "assistant", "content": MAIL}}]},
        {"choices": [{"text": MAIL}]},
        {"content": [{"type": "text", "text": MAIL}]},
        {"output": [{"type": "message", "content": [{"type": "output_text", "text": MAIL}]}]},
        {"output": {"message": {"role": "assistant", "content": [{"text": MAIL}]}}},
        {"candidates": [{"content": {"parts": [{"text": MAIL}]}}]},
    ],
)
def test_whole_answers_are_masked(answer):
    answer = {**answer, "id": "1", "usage": {"x": 1}}
    found = guard_answer(guards("response: [{regex: {rules: [{builtin: email}]}}]", "response"), answer)
    masked = {**answer, **found.changes}
    assert json.dumps(masked) == json.dumps(answer).replace(MAIL, "<EMAIL_ADDRESS>")


def test_a_guard_that_rejects_answers_as_configured():
    written = "request: [{regex: {action: reject, rules: [{pattern: 'secret project'}]}, rejection: {status: 422, body: 'no', headers: {set: {x-why: guard}}}}]"
    with pytest.raises(GuardRejected) as raised:
        guard_request(guards(written), {"messages": [{"role": "user", "content": "the secret project"}]})
    assert (raised.value.status, raised.value.body, raised.value.headers) == (422, "no", (("x-why", "guard"),))
    assert guard_request(guards(written), {"messages": [{"role": "user", "content": "hi"}]}).changes == {}


def test_a_rejection_says_by_default_what_the_reference_says():
    with pytest.raises(GuardRejected) as raised:
        guard_request(guards("request: [{regex: {action: reject, rules: [{builtin: ssn}]}}]"), {"prompt": SSN})
    assert raised.value.status == Rejection().status == 403
    assert raised.value.body is None
    assert SSN not in str(raised.value)


def test_guards_run_one_after_the_other():
    both = guards("request: [{regex: {rules: [{pattern: 'a+'}]}}, {regex: {rules: [{pattern: '<masked>b'}]}}]")
    assert guard_request(both, {"prompt": "aaab c"}).changes == {"prompt": "<masked> c"}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(MAIL),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "content", "text", "parts", "input", "type", "tool_calls", "function", "message"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)
_BODY = st.dictionaries(
    st.sampled_from(
        ["messages", "input", "system", "contents", "prompt", "choices", "output", "content", "candidates"]
    ),
    _JSON,
    max_size=4,
)


@given(_BODY)
def test_a_body_of_any_shape_is_looked_through_without_harm(body):
    before = copy.deepcopy(body)
    guard_request(masking("email"), body)
    guard_answer(masking("email"), body)
    assert body == before
