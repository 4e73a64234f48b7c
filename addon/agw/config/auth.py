"""``backendAuth`` (agentgateway.md §1.7): the credential for a provider."""

from __future__ import annotations

from agw.config.reader import At
from agw.config.secret import Secret
from agw.config.snapshot import BackendAuth, Location, LocationKind


def backend_auth(at: At) -> BackendAuth | None:
    """``key`` as text, as ``{file}``, or as ``{value, location}`` with either of them as value."""
    if not at:
        return None
    key = at["key"]
    if not key:
        at.wrong("'key' is missing", "write key: $VARIABLE, or key: {file: PATH}")
        return None
    location = _location(key["location"])
    key = key["value"] if key["value"] else key
    held = secret(key)
    return None if held is None else BackendAuth(held, location)


def secret(at: At) -> Secret | None:
    """A credential, the text itself or ``{file: PATH}``; trimmed, never empty (agentgateway.md §1.1)."""
    text = at["file"].file_text() if at["file"] else at.text()
    if text is None:
        return None
    text = text.strip()
    if not text:
        hint = "is the file empty?" if at["file"] else "is the environment variable empty?"
        at.wrong("the credential is empty", hint)
    elif not text.isprintable():
        at.wrong("the credential holds line breaks or control characters", "is it the right variable or file?")
    else:
        return Secret(text)
    return None


def _location(at: At) -> Location | None:
    for kind in LocationKind:
        place = at[kind.value]
        if place:
            name = place["name"]
            shown = name.text() if kind is LocationKind.QUERY else name.header_name()
            return None if shown is None else Location(kind, shown, place["prefix"].header_value() or "")
    return None
