"""Every error that the gateway raises on purpose.

::

    AgwError
    ├── ConfigError        the config file is wrong: says file, line, path and what to write instead
    ├── PricesError        a price list that is not taken: says why
    ├── ImportFailed       recorded traffic cannot be read
    ├── ScoreError         a score that is not taken: says what to write instead
    └── AnswerError        the gateway answers the call itself; carries status and what the client may read
        ├── RouteNotFound      404  no listener or route takes this request
        ├── ModelNotFound      404  no entry of ``llm.models`` takes the model that was asked for
        │   └── VirtualTargetNotFound   what a virtual model stands for is no entry
        ├── BadRequest         400  the request cannot be read (JSON, model, size of its parts)
        │   ├── MissingModel            it names no model
        │   └── NoMatchingTarget        no target of a virtual model takes it
        ├── RequestTooLarge    413  the body is longer than the config allows
        ├── UnsupportedEncoding 415 the request's content-encoding is not one that we can undo
        ├── Unauthorized       401  the client did not show a credential that the config accepts
        ├── Forbidden          403  the config's rules do not let this client do this
        ├── RateLimited        429  the client's bucket is empty; says when it fills again
        ├── GuardRejected      403  a prompt guard found what it rejects; status and body as configured
        ├── NoBackend          500  the route has no backend that may be used
        ├── UpstreamAuthError  500  the credential that the config promises is not there
        ├── UpstreamFailed     503  the provider could not be reached
        ├── UpstreamProtocol   502  the provider answered something that is not HTTP
        ├── UpstreamTimeout    504  the provider did not answer in time
        └── InternalError      500  our own mistake; never a reason to forward the client's key

Statuses follow the reference's table of gateway errors (agentgateway.md §3.8).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar


class AgwError(Exception):
    """Base of all errors raised by the gateway itself."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a config, placed where a person can find it.

    ``line`` is 1-based; None where the whole file is meant. ``path`` is dotted with indices
    (``binds[0].listeners[0].routes``), empty for the root. ``hint`` says what to write instead.
    """

    message: str
    file: str = ""
    line: int | None = None
    path: str = ""
    hint: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        parts = [part for part in (place, self.path) if part]
        text = ": ".join([*parts, self.message])
        return f"{text} ({self.hint})" if self.hint else text


class ConfigError(AgwError):
    """A config that cannot be used, with every problem found, in the order of the file."""

    def __init__(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class PricesError(AgwError):
    """A price list that cannot be fetched or is not plausible. The message says why, for people."""


class ImportFailed(AgwError):
    """Recorded traffic cannot be read; the message says which file and is for people."""


class AnswerError(AgwError):
    """An answer that the gateway gives instead of the provider's.

    ``message`` is what the client reads and what the record keeps: it never holds a key, a header or a body.
    """

    status: ClassVar[int] = 500
    error_type: ClassVar[str] = "internal_error"
    """Low-cardinality value of the span attribute ``error.type``."""
    code: ClassVar[str | None] = None
    """The OpenAI error body's ``code``."""

    def __init__(self, message: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        self.message = message
        self.headers = headers
        """Of the answer, beside those that every answer has."""
        super().__init__(message)


class RouteNotFound(AnswerError):
    status = 404
    error_type = "route_not_found"
    code = "route_not_found"


class BadRequest(AnswerError):
    status = 400
    error_type = "invalid_request"
    code = "invalid_request"


class ModelNotFound(AnswerError):
    status = 404
    error_type = "model_not_found"
    code = "model_not_found"


class VirtualTargetNotFound(ModelNotFound):
    code = "virtual_model_target_not_found"


class MissingModel(BadRequest):
    code = "missing_model"


class NoMatchingTarget(BadRequest):
    code = "virtual_model_no_matching_target"


class RequestTooLarge(AnswerError):
    status = 413
    error_type = "request_too_large"
    code = "request_too_large"


class UnsupportedEncoding(AnswerError):
    status = 415
    error_type = "unsupported_content_encoding"
    code = "unsupported_content_encoding"


class Unauthorized(AnswerError):
    status = 401
    error_type = "unauthorized"
    code = "invalid_api_key"


class Forbidden(AnswerError):
    status = 403
    error_type = "forbidden"
    code = "forbidden"


class RateLimited(AnswerError):
    status = 429
    error_type = "rate_limited"
    code = "rate_limit_exceeded"


class GuardRejected(AnswerError):
    """``body`` replaces the whole answer's body where the config brings one."""

    error_type = "guard_rejected"
    code = "content_policy_violation"

    def __init__(
        self, message: str, status: int, body: str | None = None, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        self.status = status  # type: ignore[misc]
        self.body = body
        super().__init__(message, headers)


class NoBackend(AnswerError):
    status = 500
    error_type = "no_backend"
    code = "no_backend"


class UpstreamAuthError(AnswerError):
    status = 500
    error_type = "backend_auth_failed"
    code = "backend_auth_failed"


class UpstreamFailed(AnswerError):
    status = 503
    error_type = "upstream_unavailable"
    code = "upstream_unavailable"


class UpstreamProtocol(AnswerError):
    status = 502
    error_type = "upstream_protocol_error"
    code = "upstream_protocol_error"


class UpstreamTimeout(AnswerError):
    status = 504
    error_type = "timeout"
    code = "timeout"


class InternalError(AnswerError):
    status = 500
    error_type = "internal_error"
    code = "internal_error"


def strict() -> bool:
    """Whether internal errors are raised, as the tests want, instead of told while traffic goes on."""
    return "AGW_STRICT" in os.environ


def place_of(error: BaseException) -> str:
    """What an internal error is and where it was raised; its own text may hold what a call said, and is left out."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = "" if place is None else f" at {Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}"
    return f"{type(error).__name__}{where}"
