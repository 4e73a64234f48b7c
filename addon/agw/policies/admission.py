"""What comes of asking the policies on clients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agw.config.auths import Location
from agw.config.patterns import model_fits
from agw.errors import Forbidden
from agw.record.transient import Claims

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LocalAnswer:
    """An answer that the config gives itself, and that is no error. It is not recorded: no model was asked."""

    status: int
    headers: Headers = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class HeaderChanges:
    """``remove`` first, then ``set``, then ``add``."""

    remove: tuple[str, ...] = ()
    set: Headers = ()
    add: Headers = ()


def _nothing(tokens: int, now_s: float) -> None:
    return None


@dataclass(slots=True)
class Admitted:
    """A request that may go on. Filled in by the gate, and left alone after that."""

    claims: Claims = field(default_factory=Claims)
    credentials: tuple[Location, ...] = ()
    """Where the gateway's own credentials stand in the request: they go no further (``presented.strip``)."""
    token: str | None = None
    """The JWT that was verified, for ``backendAuth.passthrough``."""
    allowed_models: tuple[str, ...] | None = None
    """Patterns of the models that the client may ask for; None: all."""
    answer_headers: Headers = ()
    """To set on the answer, wherever it comes from."""
    request_headers: HeaderChanges = HeaderChanges()
    body: bytes | None = None
    """Replaces the request's body; None: it stays."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    spend: Callable[[int, float], None] = _nothing
    """To be called once when the call has ended, with its tokens (input and output) less what was reserved, and the
    time."""
    reserve: Callable[[int, float], None] | None = None
    """Draws estimated tokens before the call is sent, or raises RateLimited; None where tokens are not limited."""

    def check_model(self, model: str | None) -> None:
        """Raises Forbidden; ``model`` is the one that the client asks for."""
        if self.allowed_models is not None and (model is None or not self.may_use(model)):
            raise Forbidden("the key may not be used for this model")

    def may_use(self, model: str) -> bool:
        """Whether the client may ask for the model."""
        return self.allowed_models is None or any(model_fits(one, model) for one in self.allowed_models)
