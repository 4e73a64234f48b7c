"""The answer to ``GET /v1/models``, in the words of the API that asks (agentgateway.md §1.10).

OpenAI: https://platform.openai.com/docs/api-reference/models; Anthropic: https://docs.claude.com/en/api/models-list;
Gemini: https://ai.google.dev/api/models.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from agw.config.snapshot import Route

OWNER = "openai"
"""What the reference writes, whoever answers."""


def model_names(route: Route, may_see: Callable[[str], bool] = lambda _: True) -> tuple[str, ...]:
    """The names that an app may ask for on this route, each once, in the file's order.

    Names with ``*`` and internal models are left out. A route without ``llm:`` knows its aliases and the models that
    its targets are set to. ``may_see`` is the client's own allowance.
    """
    if route.models or route.virtual_models:
        found = [one.pattern for one in route.models if one.public] + [one.name for one in route.virtual_models]
    else:
        targets = [target for backend in route.backends for group in backend.groups for target in group]
        policies = [route.policies.ai, *(target.policies.ai for target in targets)]
        found = [alias for one in policies if one is not None for alias, _ in one.model_aliases]
        found += [target.model for target in targets if target.model is not None]
    return tuple(dict.fromkeys(name for name in found if "*" not in name and may_see(name)))


def openai_list(names: Sequence[str], created_s: int) -> dict[str, Any]:
    """``created_s`` is the Unix time that stands for all of them."""
    return {"object": "list", "data": [openai_model(name, created_s) for name in names]}


def openai_model(name: str, created_s: int) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": created_s, "owned_by": OWNER}


def anthropic_list(names: Sequence[str], created_s: int) -> dict[str, Any]:
    return {
        "data": [anthropic_model(name, created_s) for name in names],
        "has_more": False,
        "first_id": names[0] if names else None,
        "last_id": names[-1] if names else None,
    }


def anthropic_model(name: str, created_s: int) -> dict[str, Any]:
    created = datetime.fromtimestamp(created_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"type": "model", "id": name, "display_name": name, "created_at": created, "lifecycle": "active"}


def gemini_list(names: Sequence[str]) -> dict[str, Any]:
    return {"models": [gemini_model(name) for name in names]}


def gemini_model(name: str) -> dict[str, Any]:
    return {
        "name": f"models/{name}",
        "displayName": name,
        "supportedGenerationMethods": ["generateContent", "streamGenerateContent", "countTokens"],
    }


def models_answer(path: str, is_anthropic: bool, names: Sequence[str], created_s: int) -> dict[str, Any] | None:
    """The body for ``GET path`` (without query): the list, or the one model that the path names.

    None where the path asks for a model that is not among ``names``: a 404. ``is_anthropic`` if the app sends
    ``anthropic-version``; Gemini's apps are known by their path, ``/v1beta/models``.
    """
    gemini = "/v1beta/" in path or path.endswith("/v1beta")
    _, _, name = path.rstrip("/").rpartition("/models")
    if name == "":
        if gemini:
            return gemini_list(names)
        return anthropic_list(names, created_s) if is_anthropic else openai_list(names, created_s)
    name = name.removeprefix("/")
    if name not in names:
        return None
    if gemini:
        return gemini_model(name)
    return anthropic_model(name, created_s) if is_anthropic else openai_model(name, created_s)
