"""Chat Completions as a spoke of the hub."""

from agw.translate.completions.spoke import CompletionsSpoke

__all__ = ["CompletionsSpoke"]
