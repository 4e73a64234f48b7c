"""OpenAI Responses as a spoke of the hub."""

from agw.translate.responses.spoke import ResponsesSpoke

__all__ = ["ResponsesSpoke"]
