"""Anthropic Messages as a spoke of the hub."""

from agw.translate.messages.spoke import MessagesSpoke

__all__ = ["MessagesSpoke"]
