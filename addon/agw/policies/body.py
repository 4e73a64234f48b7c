"""Which members of a request body the gateway changes, and why.

The order is the reference's (agentgateway.md §1.8, §3.4): the provider's model, else an alias, else what the client
asked for; then overrides; then defaults. What is not named here leaves the gateway as the client wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agw.config.patterns import model_fits
from agw.config.snapshot import AiPolicy, Target
from agw.errors import BadRequest

_NO_POLICY = AiPolicy()
_USAGE_ON_REQUEST = ("completions", "text_completions")
"""API types whose streams carry usage only where ``stream_options.include_usage`` asks for it."""


@dataclass(frozen=True, slots=True)
class BodyEdit:
    """``changes`` and ``removals`` are top-level members; ``usage_injected`` if the client did not ask for usage."""

    changes: dict[str, Any] = field(default_factory=dict)
    removals: tuple[str, ...] = ()
    usage_injected: bool = False


def alias_of(policy: AiPolicy, model: str) -> str:
    """The model that an alias stands for, or the model itself."""
    return next((name for pattern, name in policy.model_aliases if model_fits(pattern, model)), model)


def edit_of(body: Mapping[str, Any], api_type: str, target: Target, policy: AiPolicy | None) -> BodyEdit:
    """The edit for a body of a known API type. Raises BadRequest where no model is named anywhere."""
    policy = policy or _NO_POLICY
    changes: dict[str, Any] = {}
    asked = body.get("model")
    if target.model is not None:
        changes["model"] = target.model
    elif isinstance(asked, str):
        changes["model"] = alias_of(policy, asked)
    changes |= policy.overrides
    changes |= {name: value for name, value in policy.defaults.items() if name not in body and name not in changes}
    after = {**body, **changes}
    model = after.get("model")
    if not isinstance(model, str) or not model:
        raise BadRequest("failed to process LLM request: missing field: model not specified")
    removals: tuple[str, ...] = ()
    if api_type == "completions" and model.startswith("gpt-") and after.get("max_tokens") is not None:
        removals = ("max_tokens",)
        changes.pop("max_tokens", None)
        if after.get("max_completion_tokens") is None:
            changes["max_completion_tokens"] = after["max_tokens"]
    usage_injected = False
    if api_type in _USAGE_ON_REQUEST and after.get("stream") is True:
        options = after.get("stream_options")
        options = options if isinstance(options, dict) else {}
        if options.get("include_usage") is not True:
            changes["stream_options"] = {**options, "include_usage": True}
            usage_injected = True
    unchanged = [name for name, value in changes.items() if name in body and _same(body[name], value)]
    for name in unchanged:
        del changes[name]
    return BodyEdit(changes, removals if "max_tokens" in body else (), usage_injected)


def _same(before: Any, after: Any) -> bool:
    """Equal and of one type: True is not 1, and 1 is not 1.0, to whoever reads the JSON."""
    return type(before) is type(after) and bool(before == after)
