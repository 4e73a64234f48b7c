"""Bedrock's errors: ``{"message"}`` with the kind in the header ``x-amzn-errortype``, and exceptions in a stream
(https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html).

The statuses say the same as the header for all of them but a few, so the body and the status are enough here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.formats.converse import error_of
from agw.formats.fields import MAX_TEXT
from agw.translate import failures
from agw.translate.neutral import Failure, Trouble

_KINDS = {
    "validation": (400, Trouble.INVALID),
    "accessdenied": (403, Trouble.PERMISSION),
    "resourcenotfound": (404, Trouble.NOT_FOUND),
    "throttling": (429, Trouble.RATE_LIMIT),
    "servicequotaexceeded": (429, Trouble.RATE_LIMIT),
    "modelnotready": (429, Trouble.OVERLOADED),
    "modeltimeout": (408, Trouble.TIMEOUT),
    "modelerror": (424, Trouble.SERVER),
    "modelstreamerror": (424, Trouble.SERVER),
    "serviceunavailable": (503, Trouble.OVERLOADED),
    "internalserver": (500, Trouble.SERVER),
    "unrecognizedclient": (403, Trouble.AUTHENTICATION),
    "expiredtoken": (403, Trouble.AUTHENTICATION),
    "invalidsignature": (403, Trouble.AUTHENTICATION),
}
_AUTHENTICATION = ("security token", "signature", "bearer token", "api key")
"""Bedrock answers 403 to a key that it does not know; what it says then tells that from a right that is missing."""


def read_error(status: int, body: Mapping[str, Any] | None) -> Failure:
    word, message = (error_of(body) if body else None) or (None, "")
    known = _known(word)
    kind = known[1] if known else failures.kind_of(status)
    if status == 424:
        kind = Trouble.SERVER
    if status == 403 and any(one in message.lower() for one in _AUTHENTICATION):
        kind = Trouble.AUTHENTICATION
    return Failure(status, kind, message or f"the provider answered {status}", code=word)


def read_exception(name: str, message: str | None) -> Failure:
    """An exception in mid-stream, by its own name (``throttlingException``)."""
    status, kind = _known(name) or (500, Trouble.SERVER)
    return Failure(status, kind, (message or name)[:MAX_TEXT], code=name[:100])


def _known(word: str | None) -> tuple[int, Trouble] | None:
    return _KINDS.get((word or "").lower().removesuffix("exception"))


def write_error(failure: Failure) -> dict[str, Any]:
    """AWS's own shape, for a request that was refused before it was translated."""
    return {"message": failure.message}
