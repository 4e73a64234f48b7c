"""Who asked and what for: from every place where clients say it, in one order, within bounds."""

from __future__ import annotations

import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.record import Attribution
from agw.record.attribution import MAX_CHARS, MAX_METADATA, MAX_TAGS, attribute, for_the_gateway
from agw.record.transient import Claims

SESSION = "54c1eb09-bc4c-4d2f-98eb-6d2ab2d5e2fe"
OURS = {
    "X-Agw-User": "ada",
    "X-Agw-Session": "s-1",
    "X-Agw-Tags": "beta, eu ,beta",
    "X-Agw-Meta-Team": "blue",
    "X-Agw-Prompt-Name": "greet",
    "X-Agw-Prompt-Version": "3",
    "X-Agw-Environment": "staging",
    "X-Agw-Trace-Name": "onboarding",
}


def of(headers: dict[str, str] | None = None, body: Any = None, **claims: Any) -> Attribution:
    lists = {name.lower(): [value] for name, value in (headers or {}).items()}
    return attribute(lists, body, Claims(**claims))


def test_our_own_headers_say_everything():
    assert of(OURS) == Attribution(
        user="ada",
        session="s-1",
        tags=("beta", "eu"),
        metadata={"team": "blue"},
        prompt_name="greet",
        prompt_version="3",
        environment="staging",
        trace_name="onboarding",
    )


def test_a_call_that_says_nothing_is_nobodys():
    assert of() == of({"accept": "*/*"}, {"messages": []}) == Attribution()


@pytest.mark.parametrize("form", [str.lower, str.upper, lambda name: name.replace("_", "-")])
def test_langfuses_headers_are_read_in_every_spelling(form):
    found = of(
        {
            form(name): value
            for name, value in {
                "langfuse_user_id": "u",
                "langfuse_session_id": "s",
                "langfuse_trace_name": "t",
                "langfuse_tags": '["a", "b"]',
                "langfuse_environment": "prod",
                "langfuse_metadata_region": "eu",
            }.items()
        }
    )
    assert found == Attribution(
        user="u", session="s", trace_name="t", tags=("a", "b"), environment="prod", metadata={"region": "eu"}
    )


def test_litellms_word_for_langfuses_user_is_read():
    assert of({"langfuse_trace_user_id": "u"}).user == "u"


def test_langfuses_baggage_is_read_and_left_where_it_is():
    headers = {"baggage": "langfuse_user_id=al%20ice,langfuse_session_id=s%2F1;p=1,other=x,session.id=no"}
    found = of(headers)
    assert (found.user, found.session) == ("al ice", "s/1")
    assert for_the_gateway(headers) == ()
    assert of({"baggage": "user.id=bob,session.id=s2"}) == Attribution(user="bob", session="s2")


def test_helicones_headers_are_read():
    found = of(
        {
            "Helicone-User-Id": "u",
            "Helicone-Session-Id": "s",
            "Helicone-Session-Name": "Chat",
            "Helicone-Session-Path": "/a/b",
            "Helicone-Property-Plan": "free",
            "Helicone-Prompt-Id": "greet",
            "Helicone-Prompt-Version": "2",
        }
    )
    metadata = {"session_name": "Chat", "session_path": "/a/b", "plan": "free"}
    assert found == Attribution(user="u", session="s", metadata=metadata, prompt_name="greet", prompt_version="2")


@pytest.mark.parametrize(
    "name",
    [
        "X-Claude-Code-Session-Id",
        "session_id",
        "session-id",
        "conversation_id",
        "X-Opencode-Session",
        "X-Session-Id",
    ],
)
def test_agents_name_their_session_and_the_provider_still_sees_it(name):
    assert of({name: SESSION}).session == SESSION
    assert for_the_gateway([name]) == ()


@pytest.mark.parametrize(
    ("user_id", "user", "session"),
    [
        (f"user_{'a' * 64}_account__session_{SESSION}", "a" * 64, SESSION),
        (f"user_{'a' * 64}_account_{SESSION}_session_{SESSION}", SESSION, SESSION),
        (json.dumps({"device_id": "d", "account_uuid": "", "session_id": SESSION}), "d", SESSION),
        (json.dumps({"device_id": "d", "account_uuid": "acc", "session_id": SESSION}), "acc", SESSION),
        ("customer-7", "customer-7", None),
        ("{not json", "{not json", None),
        ("[1]", "[1]", None),
        (7, None, None),
    ],
)
def test_claude_codes_session_is_unpacked_from_anthropics_user_id(user_id, user, session):
    found = of(body={"metadata": {"user_id": user_id}})
    assert (found.user, found.session, found.metadata) == (user, session, {})


def test_openais_body_fields_are_read():
    body = {
        "user": "u",
        "safety_identifier": "hash",
        "metadata": {"ticket": "42", "tags": ["x"]},
        "prompt": {"id": "pmpt_1", "version": "7", "variables": {"a": "secret"}},
        "conversation": {"id": "conv_1"},
        "prompt_cache_key": "never",
    }
    assert of(body=body) == Attribution(
        user="u",
        session="conv_1",
        tags=("x",),
        metadata={"ticket": "42"},
        prompt_name="pmpt_1",
        prompt_version="7",
    )
    assert of(body={"safety_identifier": "hash", "conversation": "conv_2"}) == Attribution(
        user="hash", session="conv_2"
    )
    assert of(body={"prompt": "Say hi", "prompt_cache_key": "k"}) == Attribution()


def test_other_providers_words_are_read():
    body = {"user": "u", "session_id": "s", "trace": {"trace_name": "t", "environment": "e", "span_name": "n"}}
    assert of(body=body) == Attribution(
        user="u", session="s", trace_name="t", environment="e", metadata={"span_name": "n"}
    )
    assert of(body={"labels": {"team": "a"}, "requestMetadata": {"cost": "b"}}).metadata == {"team": "a", "cost": "b"}


def test_langfuses_keys_in_the_bodys_metadata_are_read():
    body = {"metadata": {"langfuse_user_id": "u", "langfuse_session_id": "s", "langfuse_tags": ["t"], "x": 1}}
    assert of(body=body) == Attribution(user="u", session="s", tags=("t",), metadata={"x": "1"})


def test_headers_win_over_the_body_and_ours_over_other_peoples():
    body = {"user": "body", "session_id": "body"}
    assert of({"helicone-user-id": "helicone"}, body).user == "helicone"
    assert of({"helicone-user-id": "helicone", "langfuse_user_id": "langfuse"}, body).user == "langfuse"
    assert of({"langfuse_user_id": "langfuse", "x-agw-user": "ours"}, body).user == "ours"
    assert of({"session_id": "agent", "helicone-session-id": "h"}, body).session == "h"
    assert of({"x-agw-user": " \t", "helicone-user-id": "h"}).user == "h"


def test_what_was_verified_wins_over_what_the_client_says_and_both_are_kept():
    found = of({"x-agw-user": "somebody"}, jwt={"sub": "ada", "groups": ["admins", "x"]})
    assert (found.user, found.group, found.metadata) == ("ada", "admins", {"claimed_user": "somebody"})
    found = of({"x-agw-user": "ada"}, api_key={"name": "ci", "user": "ada", "group": "bots"})
    assert (found.user, found.group, found.key_name, found.metadata) == ("ada", "bots", "ci", {})
    assert of(basic_auth={"username": "bob"}).user == "bob"


def test_a_keys_name_is_the_user_only_where_nobody_is_named():
    assert of(api_key={"name": "ci"}) == Attribution(user="ci", key_name="ci")
    assert of({"x-agw-user": "ada"}, api_key={"name": "ci"}) == Attribution(user="ada", key_name="ci")


def test_what_is_for_the_gateway_is_named_as_it_was_written():
    names = [
        *OURS,
        "langfuse_user_id",
        "Langfuse-Trace-Name",
        "Helicone-Auth",
        "Helicone-Property-X",
        "accept",
        "x-agent",
    ]
    stripped = for_the_gateway(names)
    assert set(stripped) == set(names) - {"accept", "x-agent"}
    kept = set(names) - set(for_the_gateway(names, to_helicone=True))
    assert kept == {"accept", "x-agent", "Helicone-Auth", "Helicone-Property-X"}


def test_control_characters_and_sizes_are_held_in_bounds():
    hostile = of(
        {"x-agw-user": "a\x00\x1b[31m\u202eb\ud800", "x-agw-session": "s" * 1_000_000},
        {"metadata": {f"k{number}" * 100: "v" * 10_000 for number in range(1000)}, "user": 10**4000},
    )
    assert hostile.user == "a[31mb"
    assert len(hostile.session) == MAX_CHARS
    assert hostile.session.endswith("…")
    assert len(hostile.metadata) == MAX_METADATA
    assert all(len(name) <= 64 and len(value) <= 500 for name, value in hostile.metadata.items())
    assert len(of({"x-agw-tags": ",".join(map(str, range(10_000)))}).tags) == MAX_TAGS


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
KEYS = st.sampled_from(
    [
        "user",
        "metadata",
        "prompt",
        "conversation",
        "trace",
        "session_id",
        "labels",
        "requestMetadata",
        "safety_identifier",
    ]
)
NAMES = st.sampled_from(
    [
        "x-agw-user",
        "x-agw-tags",
        "x-agw-meta-",
        "x-agw-meta-a",
        "langfuse_tags",
        "baggage",
        "session_id",
        "helicone-property-b",
    ]
)


@given(
    st.dictionaries(NAMES, st.lists(st.text(), max_size=2)),
    st.none() | st.dictionaries(KEYS, JSON | st.dictionaries(st.sampled_from(["user_id", "tags", "id"]), JSON)),
    st.none() | st.dictionaries(st.sampled_from(["user", "sub", "groups", "name"]), JSON),
)
def test_whatever_comes_is_bounded_text_and_never_an_error(headers, body, claims):
    found = attribute(headers, body, Claims(api_key=claims, jwt=claims))
    for text in (found.user, found.group, found.session, found.prompt_name, found.trace_name, *found.tags):
        assert text is None or (0 < len(text) <= MAX_CHARS and not set(text) & set(map(chr, range(32))))
        assert text is None or text.encode()
    assert all(name and value and (name + value).encode() for name, value in found.metadata.items())
    assert set(for_the_gateway(headers)) <= {name for name in headers if name[0] in string.ascii_lowercase}
