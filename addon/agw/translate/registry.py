"""The spokes by name, and the one function that the pipeline calls."""

from __future__ import annotations

from agw.translate.base import Spoke, Translator
from agw.translate.completions import CompletionsSpoke
from agw.translate.hub import HubTranslator
from agw.translate.messages import MessagesSpoke
from agw.translate.responses import ResponsesSpoke

_ALL: tuple[Spoke, ...] = (CompletionsSpoke(), MessagesSpoke(), ResponsesSpoke())
SPOKES: dict[str, Spoke] = {spoke.api_type: spoke for spoke in _ALL}


def can_translate(client_api_type: str, wire_api_type: str) -> bool:
    """Whether a client of the one format can be answered by a provider of the other."""
    return client_api_type != wire_api_type and client_api_type in SPOKES and wire_api_type in SPOKES


def translator(client_api_type: str, wire_api_type: str) -> Translator:
    """A new translator for one call. Raises KeyError for a format that is not translated."""
    return HubTranslator(SPOKES[client_api_type], SPOKES[wire_api_type])
