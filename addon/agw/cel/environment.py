"""``env``: where the gateway runs, as Kubernetes tells a pod."""

from __future__ import annotations

import os
from collections.abc import Mapping

from agw.cel.variables import Field

_NAMES = {"podName": "POD_NAME", "namespace": "NAMESPACE", "gateway": "GATEWAY"}


def environment() -> Mapping[str, Field]:
    return _FIELDS


def _field(variable: str) -> Field:
    return lambda *_: os.environ.get(variable)


_FIELDS = {name: _field(variable) for name, variable in _NAMES.items()}
