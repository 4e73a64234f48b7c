"""The config as it is written, without its secrets: names of variables stay, values do not."""

from __future__ import annotations

import re
from typing import Any

import yaml

_SECRETS = re.compile(r"key|secret|token|password|credential|htpasswd|authorization|jwks|private", re.IGNORECASE)
_NOT_SECRET = frozenset({"keyHash", "maxTokens", "tokensPerFill", "minTokens", "tokenize", "max_tokens", "monkey"})
_REFERENCE = re.compile(r"\$\{?\w+(:-)?\}?")
MASK = "***"


def shown(text: str) -> str:
    """YAML again, with every value masked that may be a credential; the text's own words where it cannot be read."""
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError:
        return "the file on disk is not valid YAML now; the gateway serves what it read before"
    return yaml.safe_dump(_masked(tree), sort_keys=False, allow_unicode=True, width=120)


def _masked(value: Any, secret: bool = False) -> Any:
    if isinstance(value, dict):
        return {
            name: _masked(one, secret or name == "headers" or (_is_secret(str(name)) and not isinstance(one, bool)))
            if name != "file"
            else one
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [_masked(one, secret) for one in value]
    if not secret or value is None or isinstance(value, bool):
        return value
    return value if isinstance(value, str) and _REFERENCE.fullmatch(value) else MASK


def _is_secret(name: str) -> bool:
    return name not in _NOT_SECRET and _SECRETS.search(name) is not None
