"""One try made ready: what goes to which upstream, and how its answer is to be read.

The order is the reference's (agentgateway.md §1.8, §3.4, §3.5): the model first, since it may decide what the provider
speaks; then the client's body is edited in the client's own format; then it is translated, where the provider speaks
another, else rid of what translation to others has left in it; at last come the provider's own demands on its body. A
body that needs none of it stays as it came, byte for byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import field, replace
from typing import Any

from agw.config.snapshot import PathMatch, Policies, Target
from agw.errors import BadRequest
from agw.formats.base import Format
from agw.formats.body import JsonObject
from agw.formats.registry import FORMATS
from agw.policies.body import BodyVariables, changed, client_edit
from agw.policies.prompt_caching import cache_points
from agw.policies.transform import FieldChanges, field_changes
from agw.providers import ProviderSpec, Upstream, spec_of, upstream_of, wire_format
from agw.providers.body import WireEdit, wire_edit
from agw.record import RequestFacts
from agw.translate.base import Translator
from agw.translate.native import without_foreign
from agw.translate.registry import can_translate, translator
from agw.values import value

COUNTS = frozenset({"anthropicTokenCount", "geminiCountTokens"})
"""Requests to count tokens."""
_ALT_SSE = re.compile(r"(^|&)(\$|%24)?alt=sse(&|$)")
UNREAD = frozenset({"detect", "models", "realtime", "bedrockInvoke"})
"""Formats whose bodies nobody changes."""


class MustEstimate(BadRequest):
    """The provider cannot count tokens: the gateway answers with an estimate (``usage/estimate.py``)."""


@value
class ClientRequest:
    """The client's side of a call. ``path`` is without its query; ``body`` is None where it is not read."""

    path: str
    query: str
    api_type: str
    form: Format
    matched: PathMatch
    body: JsonObject | None = None
    seen: Mapping[str, Any] = field(default_factory=dict)
    """Members of a body that is looked at and never changed."""
    model: str | None = None
    """The model that the path names, for APIs that have it there."""
    streams: bool = False
    """The path asks for a stream."""
    variables: BodyVariables | None = None
    """What transformations see of the call."""
    read: RequestFacts | None = None
    """What ``body`` as it came asks for; None where nobody has read it yet."""

    def facts(self, values: Mapping[str, Any], model: str | None = None) -> RequestFacts:
        """What the request asks for; ``model`` is told where the body does not name it."""
        if self.read is not None and self.body is not None and values is self.body.values:
            facts = self.read
        else:
            facts = self.form.read_request(values)
        if facts.api_type != self.api_type:
            facts = replace(facts, api_type=self.api_type)
        if facts.model is None:
            facts = replace(facts, model=model or self.model)
        return replace(facts, stream=True) if self.streams and not facts.stream else facts


@value
class Prepared:
    """``body`` None: it stays as it came. ``values`` are the client's body after its edits, in its own format."""

    spec: ProviderSpec
    wire: str
    upstream: Upstream
    facts: RequestFacts
    values: Mapping[str, Any]
    body: bytes | None = None
    translator: Translator | None = None
    remove_usage: bool = False
    """The answer holds usage that the client did not ask for."""
    dropped: tuple[str, ...] = ()
    """Names what of a body that is not translated its provider does not get."""

    @property
    def answer_format(self) -> Format:
        return FORMATS.get(self.wire, FORMATS["detect"])


def prepare(client: ClientRequest, target: Target, policies: Policies) -> Prepared:
    """``policies`` are merged.

    Raises BadRequest where the target can neither answer this API nor one that the call can be translated to;
    MustEstimate where that is a request to count tokens.
    """
    if client.body is None:
        return _unread(client, target, policies)
    given = client.body.values
    edit = client_edit(
        given, target, policies.ai, api_type=client.api_type, path_model=client.model, variables=client.variables
    )
    values = edit.values(given)
    facts = client.facts(values, edit.model)
    spec = spec_of(target, edit.model)
    wire = _wire(spec, client.api_type)
    translated = wire != client.api_type
    upstream = _upstream(spec, client, target, policies, wire, stream=facts.stream)
    if translated:
        if client.api_type == "generateContent" and client.streams and not _ALT_SSE.search(client.query):
            raise BadRequest("streamGenerateContent: ask for ?alt=sse; the JSON array is served by Google alone")
        made = translator(client.api_type, wire, region=target.params.get("region", ""))
        named = values if "model" in values or client.model is None else {**values, "model": edit.model}
        if facts.stream and client.streams:
            named = {**named, "stream": True}
        sent = made.request(named).body
        demands = _demands(spec, wire, sent, edit.model, policies)
        body = {name: value for name, value in {**sent, **demands.changes}.items() if name not in demands.removals}
        made_last, removed_last = _final(client, policies, body)
        body = {name: value for name, value in {**body, **made_last}.items() if name not in removed_last}
        return Prepared(spec, wire, upstream, facts, values, _dumped(body), made)
    cleaned = without_foreign(client.api_type, values, edit.model)
    demands = _demands(spec, wire, {**values, **cleaned.changes} if cleaned.changes else values, edit.model, policies)
    if not (edit.changes or edit.removals or cleaned.changes or demands.changes or demands.removals) and not (
        policies.ai is not None and policies.ai.final_transformations
    ):
        return Prepared(spec, wire, upstream, facts, values, None, None, demands.usage_injected, cleaned.dropped)
    wanted = {**edit.changes, **cleaned.changes, **demands.changes}
    changes = {name: one for name, one in wanted.items() if name not in demands.removals}
    gone = {*edit.removals, *demands.removals}
    if policies.ai is not None and policies.ai.final_transformations:
        made_last, removed_last = _final(client, policies, {**_without(given, gone), **changes})
        changes = {**_without(changes, removed_last), **made_last}
        gone.update(removed_last)
    changes = changed(given, changes)
    removals = [name for name in gone - changes.keys() if name in given]
    edited = client.body.edited(changes, removals) if changes or removals else None
    return Prepared(
        spec, wire, upstream, facts, values, edited, remove_usage=demands.usage_injected, dropped=cleaned.dropped
    )


def _final(client: ClientRequest, policies: Policies, body: Mapping[str, Any]) -> FieldChanges:
    """``finalTransformation``: the last word on the body that the provider gets."""
    if policies.ai is None or not policies.ai.final_transformations or client.variables is None:
        return {}, ()
    return field_changes(policies.ai.final_transformations, client.variables(body))


def _without(body: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


def _demands(spec: ProviderSpec, wire: str, body: Mapping[str, Any], model: str, policies: Policies) -> WireEdit:
    """What the provider demands of its body, and the cache points that the config asks for in it."""
    demands = wire_edit(spec, wire, body, model)
    if policies.ai is None or policies.ai.prompt_caching is None:
        return demands
    points = cache_points({**body, **demands.changes}, wire, model, policies.ai.prompt_caching)
    return replace(demands, changes={**demands.changes, **points})


def _unread(client: ClientRequest, target: Target, policies: Policies) -> Prepared:
    """What passes with the body that it came with."""
    spec = spec_of(target, target.model or client.model)
    facts = client.facts(client.seen, target.model)
    upstream = _upstream(spec, client, target, policies, client.api_type, stream=client.streams)
    return Prepared(spec, client.api_type, upstream, facts, client.seen)


def _wire(spec: ProviderSpec, api_type: str) -> str:
    wire = wire_format(spec, api_type, can_translate)
    if wire is None:
        refused = MustEstimate if api_type in COUNTS else BadRequest
        raise refused(
            f"failed to process LLM request: unsupported conversion: {spec.name} cannot answer {api_type} requests"
        )
    return wire


def _upstream(
    spec: ProviderSpec, client: ClientRequest, target: Target, policies: Policies, wire: str, *, stream: bool
) -> Upstream:
    translated = wire != client.api_type
    return upstream_of(
        spec,
        target,
        policies,
        wire,
        client.path,
        client.query,
        client.matched,
        translated=translated,
        stream=stream,
    )


def _dumped(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
