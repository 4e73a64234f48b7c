"""Who takes a request: port, listener, route, backend."""

from agw.routing.head import RequestHead
from agw.routing.router import Router, Routed

__all__ = ["RequestHead", "Routed", "Router"]
