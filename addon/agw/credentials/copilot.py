"""GitHub Copilot's token, where GitHub's own tools keep it (agentgateway.md §1.7)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from agw.config.secret import Secret
from agw.credentials.base import Bearer
from agw.credentials.renewed import Fetched
from agw.errors import UpstreamAuthError

VARIABLES = ("GH_COPILOT_TOKEN", "COPILOT_GITHUB_TOKEN")
FILES = ("github-copilot/hosts.json", "github-copilot/apps.json", "gh/hosts.yml")
RECHECK_S = 300.0
"""People sign in again while the gateway runs."""


class CopilotToken:
    """Looks in the environment first, then in the files below the config folder; the first token found counts."""

    def __init__(self, environ: Mapping[str, str], now_s: Callable[[], float]) -> None:
        self._environ = environ
        self._now_s = now_s

    def fetch(self) -> Fetched:
        """Blocks. Raises UpstreamAuthError."""
        token = next(self._tokens(), None)
        if token is None:
            raise UpstreamAuthError(
                "backend authentication failed: no GitHub Copilot token; set GH_COPILOT_TOKEN, or sign in with an "
                "editor's Copilot or with 'gh auth login'"
            )
        return Fetched(Bearer(Secret(token)), self._now_s() + RECHECK_S)

    def _tokens(self) -> Iterator[str]:
        for name in VARIABLES:
            if text := self._environ.get(name, "").strip():
                yield text
        home = self._environ.get("XDG_CONFIG_HOME") or str(Path(self._environ.get("HOME") or Path.home()) / ".config")
        for name in FILES:
            yield from _in_file(Path(home) / name)


def _in_file(path: Path) -> Iterator[str]:
    """``oauth_token`` of github.com, which the editors' files write with an app's id behind it."""
    try:
        text = path.read_text(encoding="utf-8")
        hosts: Any = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return
    for host, entry in hosts.items() if isinstance(hosts, dict) else ():
        token = entry.get("oauth_token") if isinstance(entry, dict) else None
        if str(host).partition(":")[0] == "github.com" and isinstance(token, str) and token.strip().isprintable():
            yield token.strip()
