"""Where records go. The only room that talks to the network."""

from agw.destinations.spans import SpanDestination

__all__ = ["SpanDestination"]
