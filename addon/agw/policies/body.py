"""Which members of a request body the config changes, in the client's own format, and why.

The order is the reference's (agentgateway.md §1.8, §3.4): the provider's model, else an alias, else what the client
asked for; then overrides; then transformations; then defaults; then the prompts that are added to all. What is not
named here leaves the gateway as the client wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from agw.cel import Variables
from agw.config.patterns import model_fits
from agw.config.snapshot import AiPolicy, Target
from agw.errors import MissingModel
from agw.policies.prompts import added_prompts
from agw.policies.transform import field_changes
from agw.values import value

BodyVariables = Callable[[Mapping[str, Any]], Variables]
"""What expressions see, with a body as ``llmRequest``."""
_NO_POLICY = AiPolicy()


@value
class ClientEdit:
    """``changes`` are top-level members that differ from the client's; ``model`` is what is sent upstream."""

    model: str
    changes: dict[str, Any] = field(default_factory=dict)
    removals: tuple[str, ...] = ()
    """Members of the client's that go: transformations without a value."""

    def values(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The body as it is then; the very same where nothing changes."""
        if not self.changes and not self.removals:
            return body
        return {name: value for name, value in {**body, **self.changes}.items() if name not in self.removals}


def alias_of(policy: AiPolicy, model: str) -> str:
    """The model that an alias stands for, or the model itself."""
    return next((name for pattern, name in policy.model_aliases if model_fits(pattern, model)), model)


def client_edit(
    body: Mapping[str, Any],
    target: Target,
    policy: AiPolicy | None,
    *,
    api_type: str = "completions",
    path_model: str | None = None,
    variables: BodyVariables | None = None,
) -> ClientEdit:
    """The edit of a body that the gateway reads. Raises MissingModel where no model is named anywhere.

    ``api_type`` is the client's. ``path_model`` is the model of an API that names it in its path; its body then gets no
    member ``model``. ``variables`` gives what transformations see of a body.
    """
    if policy is None and target.model is None:
        # Nearly every call: the client's own model, and nothing else.
        given = body.get("model", path_model)
        if isinstance(given, str) and given:
            return ClientEdit(given)
    policy = policy or _NO_POLICY
    removed: tuple[str, ...] = ()
    changes: dict[str, Any] = {}
    asked = body.get("model", path_model)
    if target.model is not None:
        changes["model"] = target.model
    elif isinstance(asked, str):
        changes["model"] = alias_of(policy, asked)
    changes |= policy.overrides
    if policy.transformations and variables is not None:
        made, removed = field_changes(policy.transformations, variables({**body, **changes}))
        changes = {name: value for name, value in {**changes, **made}.items() if name not in removed}
    kept = body.keys() - set(removed) if removed else body.keys()
    changes |= {name: value for name, value in policy.defaults.items() if name not in kept and name not in changes}
    model = changes.get("model", None if "model" in removed else asked)
    if not isinstance(model, str) or not model:
        raise MissingModel("failed to process LLM request: missing field: model not specified")
    removed = tuple(name for name in removed if name in body and name not in changes)
    before = {**body, **changes} if not removed else {name: body[name] for name in kept} | changes
    changes |= added_prompts(before, api_type, policy)
    if path_model is not None and "model" not in body:
        changes.pop("model", None)
    return ClientEdit(model, changed(body, changes), removed)


def changed(body: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Those of ``changes`` that differ from the body."""
    return {name: value for name, value in changes.items() if name not in body or not _same(body[name], value)}


def _same(before: Any, after: Any) -> bool:
    """Equal and of one type: True is not 1, and 1 is not 1.0, to whoever reads the JSON."""
    return type(before) is type(after) and bool(before == after)
