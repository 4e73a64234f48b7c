"""``provider`` of a target: which one, its model and its parameters (agentgateway.md §1.9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from agw.config.reader import At

_TEXTS = {
    "vertex": ("projectId", "region"),
    "bedrock": ("region", "guardrailIdentifier", "guardrailVersion"),
    "azure": ("resourceName", "resourceType", "apiVersion", "projectName"),
    "azureOpenAI": ("host", "apiVersion"),
    "custom": ("providerOverride",),
}
"""Each provider's parameters beside ``model``; one that is not here has none."""
_NEEDED = {
    "vertex": (("projectId",), "write the Google Cloud project"),
    "bedrock": (("region",), "write for example region: us-east-1"),
    "azure": (("resourceName",), "write the first part of RESOURCE.openai.azure.com"),
    "azureOpenAI": (("host",), "write for example host: my.openai.azure.com"),
}
_PLACED_BY_HOST = ("azure", "azureOpenAI")
"""Whose parameters only say the host: ``hostOverride`` says it too."""


class Place(Protocol):
    """Where parameters stand: a mapping of the file, or several over each other."""

    def __getitem__(self, key: str) -> At: ...


def params_of(
    kind: str, at: Place, where: At, names: Mapping[str, str] | None = None, *, placed: bool
) -> dict[str, Any]:
    """The parameters as ``Target.params`` holds them.

    ``names`` are theirs in the file, where they differ; ``where`` is what lacks a missing one; ``placed`` if the config
    names the host itself.
    """
    names = names or {}
    found: dict[str, Any] = {name: text for name in _TEXTS.get(kind, ()) if (text := at[names.get(name, name)].text())}
    needed, hint = _NEEDED.get(kind, ((), ""))
    for name in needed:
        if name not in found and not (placed and kind in _PLACED_BY_HOST):
            where.wrong(f"'{names.get(name, name)}' is missing", hint)
    if kind == "azureOpenAI" and not _is_host(found.get("host", "h")):
        at["host"].wrong("not a host's name", "write for example my.openai.azure.com, without scheme and path")
    if kind == "custom":
        found["formats"] = _formats(at["formats"])
        if not placed:
            where.wrong("a custom provider's host is missing", "write hostOverride: HOST:PORT, or baseUrl in llm")
    return found


def _formats(at: At) -> tuple[tuple[str, str | None], ...]:
    return tuple((one["type"].text() or "", one["path"].request_path()) for one in at.items())


def _is_host(text: str) -> bool:
    return text.isprintable() and not set(text) & set(" /:@?#")
