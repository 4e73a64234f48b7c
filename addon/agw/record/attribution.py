"""Who a call is for and what it belongs to, from what the client sent and what the policies verified.

``attribute(headers, body, claims)`` is called once for a call, before its headers are changed for the provider; the
headers named by ``for_the_gateway(headers)`` are then taken out of the request.

For each field the first of these that says something wins:

1. what was **verified**: the user and group of the key, of the token or of the basic credentials. A user that the
   client names beside it is kept as the metadata ``claimed_user``;
2. our own headers ``X-Agw-…`` (the table below);
3. Langfuse's, as its SDKs put them into ``baggage`` and LiteLLM's clients into headers: ``langfuse_user_id``,
   ``langfuse_session_id``, ``langfuse_trace_name``, ``langfuse_tags``, ``langfuse_environment``, and what else begins
   with ``langfuse_metadata_``;
4. Helicone's: ``Helicone-User-Id``, ``-Session-Id``, ``-Session-Name``, ``-Session-Path``, ``-Prompt-Id``,
   ``-Prompt-Version``, ``-Property-*``;
5. the agents' own session headers: ``X-Claude-Code-Session-Id``, Codex's ``session_id`` (also ``session-id``,
   ``conversation_id``), ``X-Opencode-Session``, OpenRouter's ``X-Session-Id``;
6. the body: ``metadata`` and the fields of ``_from_body``. ``prompt_cache_key`` is not a session: it says which calls
   look alike;
7. the name of the gateway's key, as the user, where nobody else is named (as in agentgateway.md §1.4).

==========================================  ======================
``X-Agw-User``                              user
``X-Agw-Session``                           session
``X-Agw-Tags``                              tags, divided by ``,``
``X-Agw-Meta-NAME``                         metadata NAME
``X-Agw-Prompt-Name``, ``-Prompt-Version``  prompt
``X-Agw-Environment``                       environment
``X-Agw-Trace-Name``                        name of the trace
==========================================  ======================

Dashes and underscores in header names are one, since some clients cannot send the one and some proxies drop the other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote_plus

from agw.record.record import Attribution
from agw.record.transient import Claims

MAX_CHARS = 200
"""Of one id, name or tag; Langfuse drops longer ones."""
MAX_VALUE_CHARS = 500
"""Of one value of the metadata."""
MAX_NAME_CHARS = 64
MAX_TAGS = 32
MAX_METADATA = 64

_OWN = ("x-agw-", "langfuse-")
_HELICONE = "helicone-"
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "user": ("x-agw-user", "langfuse-user-id", "langfuse-trace-user-id", "helicone-user-id"),
    "session": (
        "x-agw-session",
        "langfuse-session-id",
        "helicone-session-id",
        "x-claude-code-session-id",
        "session-id",
        "conversation-id",
        "x-opencode-session",
        "x-session-id",
    ),
    "prompt_name": ("x-agw-prompt-name", "langfuse-prompt-name", "helicone-prompt-id"),
    "prompt_version": ("x-agw-prompt-version", "langfuse-prompt-version", "helicone-prompt-version"),
    "environment": ("x-agw-environment", "langfuse-environment"),
    "trace_name": ("x-agw-trace-name", "langfuse-trace-name"),
}
_NAMED = frozenset(name for names in _FIELDS.values() for name in names)
_TAGS = ("x-agw-tags", "langfuse-tags")
_METADATA = ("x-agw-meta-", "langfuse-metadata-", "helicone-property-")
_NAMED_METADATA = {"helicone-session-name": "session_name", "helicone-session-path": "session_path"}
_BAGGAGE = {"user.id": "langfuse-user-id", "session.id": "langfuse-session-id"}
_FROM_BODY = frozenset(
    (
        "metadata",
        "user",
        "safety_identifier",
        "session_id",
        "conversation",
        "prompt",
        "trace",
        "labels",
        "requestMetadata",
    )
)
"""The members that ``_from_body`` looks at."""
_STARTS = tuple(
    {
        start
        for name in (*_NAMED, *_TAGS, *_METADATA, *_NAMED_METADATA, "baggage")
        for start in (name[:5], name[:5].replace("-", "_"))
    }
)
"""Of every header that says something, and of few others."""
_NOBODY = Attribution()
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""Control characters, those that turn the direction of text around, and halves of characters."""
_CLAUDE_CODE = re.compile(r"user_([0-9a-f]+)_account_([0-9a-fA-F-]*)_session_([0-9a-fA-F-]{8,64})")


def attribute(headers: Mapping[str, list[str]], body: Mapping[str, Any] | None, claims: Claims) -> Attribution:
    """``headers`` by lower-case name with all of their values. Never raises; whatever it reads is bounded."""
    if (
        not any(name.startswith(_STARTS) for name in headers)
        and not (body and not _FROM_BODY.isdisjoint(body))
        and not (claims.api_key or claims.jwt or claims.basic_auth)
    ):
        return _NOBODY
    said = _normalised(headers)
    if said.keys().isdisjoint(_NAMED):
        found: dict[str, str | None] = dict.fromkeys(_FIELDS)
    else:
        found = {field: _first(said.get(name) for name in names) for field, names in _FIELDS.items()}
    metadata: dict[str, str] = {}
    tags = _split(next((said[name] for name in _TAGS if name in said), None))
    for name, value in said.items():
        if name.startswith(_METADATA):
            for prefix in _METADATA:
                if name.startswith(prefix) and len(name) > len(prefix):
                    _put(metadata, name[len(prefix) :], value)
        if name in _NAMED_METADATA:
            _put(metadata, _NAMED_METADATA[name], value)
    if body and not _FROM_BODY.isdisjoint(body):
        tags += _from_body(body, found, metadata)
    api_key, jwt, basic = claims.api_key or {}, claims.jwt or {}, claims.basic_auth or {}
    verified = _first((api_key.get("user"), jwt.get("sub"), jwt.get("email"), basic.get("username")))
    if verified is not None and found["user"] not in (None, verified):
        _put(metadata, "claimed_user", found["user"])
    groups = jwt.get("groups")
    return Attribution(
        user=verified or found["user"] or _first((api_key.get("name"), api_key.get("owner"))),
        group=_first((api_key.get("group"), groups[0] if isinstance(groups, list) and groups else None)),
        session=found["session"],
        key_name=shown(api_key.get("name")),
        tags=tuple(dict.fromkeys(tags))[:MAX_TAGS],
        metadata=metadata,
        prompt_name=found["prompt_name"],
        prompt_version=found["prompt_version"],
        environment=found["environment"],
        trace_name=found["trace_name"],
    )


def for_the_gateway(names: Iterable[str], *, to_helicone: bool = False) -> tuple[str, ...]:
    """The names of the headers that no provider should see.

    ``to_helicone``: the call goes through Helicone's own proxy, which reads its headers itself.
    """
    prefixes = _OWN if to_helicone else (*_OWN, _HELICONE)
    # Few begin with one of these letters.
    return tuple(name for name in names if name[:1] in "xlhXLH" and name.lower().replace("_", "-").startswith(prefixes))


def _normalised(headers: Mapping[str, list[str]]) -> dict[str, str]:
    """First values by name with dashes, Langfuse's part of the baggage among them."""
    said: dict[str, str] = {}
    for name, values in headers.items():
        if values and values[0]:
            said.setdefault(name.replace("_", "-"), values[0])
    # https://www.w3.org/TR/baggage/. OpenTelemetry's own reader logs what it cannot read, which nobody should see.
    baggage = headers.get("baggage")
    for member in ",".join(baggage).split(",", MAX_METADATA)[:MAX_METADATA] if baggage else ():
        key, _, value = member.partition(";")[0].partition("=")
        key = key.strip()
        name = _BAGGAGE.get(key, key.replace("_", "-").lower())
        if name.startswith("langfuse-") and value:
            said.setdefault(name, unquote_plus(value.strip(), errors="replace"))
    return said


def _from_body(body: Mapping[str, Any], found: dict[str, str | None], metadata: dict[str, str]) -> list[str]:
    """Fills what the headers left open; the tags that the body names.

    ============  ================================================================================================
    user          ``user``, ``safety_identifier`` (OpenAI, OpenRouter), ``metadata.user_id`` (Anthropic)
    session       ``session_id`` (OpenRouter), ``conversation`` (Responses), Claude Code's in ``metadata.user_id``
    prompt        ``prompt: {id, version}`` (Responses)
    trace name    ``trace.trace_name`` (OpenRouter)
    metadata      ``metadata`` (OpenAI), ``labels`` (Vertex), ``requestMetadata`` (Bedrock), ``trace`` (OpenRouter)
    ============  ================================================================================================
    """
    given = _mapping(body, "metadata")
    user, session = _claude_code(given.get("user_id"))
    conversation = body.get("conversation")
    prompt, trace = _mapping(body, "prompt"), _mapping(body, "trace")
    offers = {
        "user": (given.get("langfuse_user_id"), body.get("user"), body.get("safety_identifier"), user),
        "session": (
            given.get("langfuse_session_id"),
            body.get("session_id"),
            conversation.get("id") if isinstance(conversation, Mapping) else conversation,
            session,
        ),
        "prompt_name": (prompt.get("id"),),
        "prompt_version": (prompt.get("version"),),
        "environment": (trace.get("environment"),),
        "trace_name": (trace.get("trace_name"),),
    }
    for field, values in offers.items():
        if any(values) and not found[field]:
            found[field] = _first(values)
    tags = given.get("langfuse_tags", given.get("tags"))
    skipped = ("user_id", "tags", "langfuse_user_id", "langfuse_session_id", "langfuse_tags")
    for name, value in given.items():
        if name not in skipped:
            _put(metadata, name, value)
    for other in (_mapping(body, "labels"), _mapping(body, "requestMetadata")):
        for name, value in other.items():
            _put(metadata, name, value)
    for name, value in trace.items():
        if name not in ("trace_name", "environment"):
            _put(metadata, name, value)
    return _split(tags)


def _claude_code(user_id: Any) -> tuple[Any, Any]:
    """User and session in Anthropic's one field. Claude Code packs its device, account and session into it: up to
    2.1.77 as ``user_HASH_account_UUID_session_UUID``, later as the text of a JSON object."""
    if not isinstance(user_id, str):
        return None, None
    if (old := _CLAUDE_CODE.fullmatch(user_id)) is not None:
        return old[2] or old[1], old[3]
    if user_id.startswith("{") and len(user_id) < 2000:
        try:
            packed = json.loads(user_id)
        except (ValueError, RecursionError):
            return user_id, None
        if isinstance(packed, dict):
            return packed.get("account_uuid") or packed.get("device_id"), packed.get("session_id")
    return user_id, None


def _put(metadata: dict[str, str], name: Any, value: Any) -> None:
    key, text = shown(name, MAX_NAME_CHARS), shown(value, MAX_VALUE_CHARS)
    if key is not None and text is not None and len(metadata) < MAX_METADATA:
        metadata.setdefault(key, text)


def _split(tags: Any) -> list[str]:
    """Tags from a list, from JSON's text of one, or from words with commas."""
    if isinstance(tags, str):
        try:
            tags = json.loads(tags) if tags.startswith("[") else tags.split(",", MAX_TAGS)[:MAX_TAGS]
        except (ValueError, RecursionError):
            tags = []
    return [tag for one in (tags if isinstance(tags, list) else [])[:MAX_TAGS] if (tag := shown(one)) is not None]


def _first(values: Iterable[Any]) -> str | None:
    for value in values:
        if value is not None and (text := shown(value)) is not None:
            return text
    return None


def shown(value: Any, max_chars: int = MAX_CHARS) -> str | None:
    """A text or a number without what cannot be shown, and no longer than that; None where nothing is left."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        value = str(value) if not isinstance(value, int) or value.bit_length() < 256 else ""
    if not isinstance(value, str):
        return None
    text = _UNSHOWN.sub("", value[: 4 * max_chars]).strip()
    return (text if len(text) <= max_chars else text[: max_chars - 1] + "…") or None


def _mapping(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = body.get(key)
    return value if isinstance(value, Mapping) else {}
