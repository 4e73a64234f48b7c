"""What a translation between two API formats can do, and what each format brings to it.

``translator(client_api_type, wire_api_type)`` in ``registry.py`` joins two spokes: the client's format reads requests
and writes answers, the provider's format (the wire) writes requests and reads answers. In between stands
``neutral.py``, whose docstring argues why.

Rules for every spoke:

* Bodies are parsed JSON of any shape. ``read_request`` and ``write_request`` raise ``errors.BadRequest``, with a
  message that says which field and what to do, and nothing else. All other functions never raise for whatever a
  provider sends: what cannot be read is left out, and named in ``losses`` where there is something to name.
* What the other format cannot say is named in ``losses`` by the client's own field name (``seed``, ``logprobs``,
  ``tools.web_search``), or refused with BadRequest where leaving it out would change what the answer means.
* Nothing is invented: no temperature, no system prompt; ``max_tokens`` only where the wire demands one.
* ``asked`` is the request as it was read from the client. Both sides get it: the client's writer for what its answers
  repeat (model, tools, whether a usage chunk was wanted), the wire's reader for what must be undone (names that had to
  be changed, custom tools that were sent as functions).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from agw.streaming.sse import SseEvent
from agw.translate.deltas import Delta
from agw.translate.neutral import Answer, Failure, Request


@dataclass(frozen=True, slots=True)
class Translated:
    """``body`` is the request for the provider; ``dropped`` names what of the client's request it does not carry."""

    body: dict[str, Any]
    dropped: tuple[str, ...] = ()


class Translator(Protocol):
    """The translation of one call. Built anew for each call, used for one request and its one answer.

    After a failed attempt the next one needs a new translator: what it sends may differ.
    """

    def request(self, body: Mapping[str, Any]) -> Translated:
        """The client's body as the provider's. Must come first. Raises BadRequest."""

    def answer(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A whole 2xx answer of the provider as the client's. Never raises."""

    def event(self, event: SseEvent) -> list[bytes]:
        """One event of the provider's stream as the client's SSE bytes, each item one whole event; often empty."""

    def end(self) -> list[bytes]:
        """The stream is over: the client's end marker, or an error event where the provider's own end never came.

        May be called more than once and after an error; says nothing the second time.
        """

    def abort(self, failure: Failure) -> list[bytes]:
        """Ends a stream that cannot be read on with the client's error event; says nothing where it has ended."""

    def error(self, status: int, body: Mapping[str, Any] | None) -> dict[str, Any]:
        """The client's error body for a provider's answer of 400 and above; ``body`` None where it was not JSON."""

    @property
    def dropped(self) -> tuple[str, ...]:
        """Everything left out so far, of request and answer."""

    @property
    def failed(self) -> Failure | None:
        """Set by ``answer`` where a 2xx answer could not be read or told an error: its body is then the client's error
        body, and the client's status should say the same."""


@dataclass(slots=True)
class Losses:
    """Names of what is left out, each once, in the order in which it was met."""

    _names: dict[str, None] = field(default_factory=dict)

    def add(self, name: str) -> None:
        if len(self._names) < 100:
            self._names.setdefault(name[:100])

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._names)


class StreamReader(Protocol):
    """Reads one provider's stream. Holds to the order that ``deltas.py`` demands, whatever the provider does."""

    def feed(self, event: SseEvent) -> list[Delta]:
        """Never raises."""

    def end(self) -> list[Delta]:
        """The bytes are over: closes what is open; gives Error where the provider's own end never came, then End.

        Empty if End was given before.
        """


class StreamWriter(Protocol):
    """Writes one client's stream as whole SSE events in bytes."""

    def write(self, delta: Delta) -> list[bytes]:
        """Never raises; deltas come in the order of ``deltas.py``."""


class Spoke(Protocol):
    """One API format's side of the hub. Stateless; what a stream needs to remember is in its reader or writer."""

    api_type: str

    def read_request(self, body: Mapping[str, Any], losses: Losses) -> Request:
        """Raises BadRequest for a body that cannot be understood or asks for what no other format has."""

    def write_request(self, request: Request, losses: Losses) -> dict[str, Any]:
        """Raises BadRequest for what this wire cannot do and the answer would depend on."""

    def read_answer(self, body: Mapping[str, Any], asked: Request, losses: Losses) -> Answer: ...

    def write_answer(self, answer: Answer, asked: Request, losses: Losses) -> dict[str, Any]: ...

    def stream_reader(self, asked: Request, losses: Losses) -> StreamReader: ...

    def stream_writer(self, asked: Request, losses: Losses) -> StreamWriter: ...

    def read_error(self, status: int, body: Mapping[str, Any] | None) -> Failure: ...

    def write_error(self, failure: Failure) -> dict[str, Any]: ...
