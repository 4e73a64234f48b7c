"""What a provider demands of a request's body, in the format that it speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from agw.providers.spec import ProviderSpec
from agw.values import value

_USAGE_ON_REQUEST = ("completions", "text_completions")
"""API types whose streams carry usage only where ``stream_options.include_usage`` asks for it."""


_CACHED = ("system", "tools", "messages")
"""Members of a Messages request that may carry cache marks."""


@value
class WireEdit:
    """``changes`` and ``removals`` are top-level members; ``usage_injected`` if the body did not ask for usage."""

    changes: dict[str, Any] = field(default_factory=dict)
    removals: tuple[str, ...] = ()
    usage_injected: bool = False


def wire_edit(spec: ProviderSpec, api_type: str, body: Mapping[str, Any], model: str) -> WireEdit:
    """``api_type`` is the wire's, ``body`` what would be sent, ``model`` what is asked for."""
    changes: dict[str, Any] = dict(spec.body_members.get(api_type, {}))
    removals = [name for name in spec.removed_members.get(api_type, ()) if name in body]
    if api_type in spec.model_in_path:
        removals += ["model"] if "model" in body else []
    elif spec.body_model is not None and "model" in body:
        changes["model"] = spec.body_model
    renames = spec.renames_max_tokens and api_type == "completions" and model.startswith("gpt-")
    if renames and (limit := body.get("max_tokens")) is not None:
        removals.append("max_tokens")
        if body.get("max_completion_tokens") is None:
            changes["max_completion_tokens"] = limit
    if spec.removes_cache_scope:
        changes |= {name: made for name in _CACHED if (made := _without_scope(body.get(name))) is not body.get(name)}
    usage_injected = False
    if spec.asks_stream_usage and api_type in _USAGE_ON_REQUEST and body.get("stream") is True:
        options = body.get("stream_options")
        options = options if isinstance(options, dict) else {}
        if options.get("include_usage") is not True:
            changes["stream_options"] = {**options, "include_usage": True}
            usage_injected = True
    return WireEdit(changes, tuple(removals), usage_injected)


def _without_scope(value: Any) -> Any:
    """Blocks without ``cache_control.scope``, also where they stand in messages and tool results; the very same object
    where there is none."""
    if isinstance(value, list):
        made = [_without_scope(one) for one in value]
        return made if any(new is not old for new, old in zip(made, value, strict=True)) else value
    if not isinstance(value, dict):
        return value
    changes: dict[str, Any] = {}
    mark = value.get("cache_control")
    if isinstance(mark, dict) and "scope" in mark:
        changes["cache_control"] = {name: one for name, one in mark.items() if name != "scope"}
    content = value.get("content")
    if isinstance(content, list) and (inner := _without_scope(content)) is not content:
        changes["content"] = inner
    return {**value, **changes} if changes else value
