"""Names of tools that a wire does not take as they are: changed on the way there, changed back on the way home.

Apps name tools freely (``mcp.server/read file``); Bedrock takes letters, digits, ``_`` and ``-``, Gemini a few more.
The mapping follows from the request alone, so that the answer's reader makes the same one from ``asked``.
"""

from __future__ import annotations

import re
from hashlib import sha256

from agw.translate import tools
from agw.translate.neutral import Request, Tool


class ToolNames:
    """``allowed`` matches the characters a name may hold; a first character that is neither letter nor ``_`` gets one.

    Names that would fall together, or are too long, end in a hash of the original.
    """

    def __init__(self, request: Request, refused: re.Pattern[str], longest: int) -> None:
        self._refused = refused
        self._longest = longest
        self._wire: dict[str, str] = {}
        self._client: dict[str, str] = {}
        names = [tool.name for tool in request.tools if isinstance(tool, Tool)]
        names += [call.name for call in tools.calls(request)]
        # Those that are right already keep their names, whoever else would like to have them.
        for name in sorted(dict.fromkeys(names), key=lambda one: self._changed(one) != one):
            self._learn(name)

    def wire(self, name: str) -> str:
        """The name for the provider."""
        return self._wire.get(name) or self._learn(name)

    def client(self, name: str) -> str:
        """The name that the client knows; one that it never told comes as it is."""
        return self._client.get(name, name)

    def _learn(self, name: str) -> str:
        changed = self._changed(name)
        if len(changed) > self._longest or changed in self._client:
            changed = f"{changed[: self._longest - 9]}_{sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"
        self._wire[name], self._client[changed] = changed, name
        return changed

    def _changed(self, name: str) -> str:
        changed = self._refused.sub("_", name) or "_"
        return changed if changed[0].isalpha() or changed[0] == "_" else f"_{changed}"
