"""Who takes a request: port, listener, route, backend."""

from agw.routing.head import RequestHead
from agw.routing.router import Routed, Router

__all__ = ["RequestHead", "Routed", "Router"]
