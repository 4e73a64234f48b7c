"""How much of prompts and answers a sink is given, and the finisher that sees to it before anything is written.

========  ================================================================================================
none      no content
redacted  content in which the rules' finds are replaced
full      content as it passed
========  ================================================================================================

At every level base64 media becomes a description and the size is bounded (``size.py``). What else may quote a prompt
(errors, fields of the config's own expressions, stop sequences, tags and metadata) is looked at by the rules unless the
level is full; keys in errors are replaced even then. User, session and group stay as they are: they say whose the call
is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from agw.content.media import text_without_media
from agw.content.redactor import Redactor, Rule, without_media
from agw.content.size import CONTENT_FIELDS, bounded
from agw.record import CallRecord, Content

REDACTED_NOTE = "content_redacted"
FAILED_NOTE = "redaction_failed"


class Level(StrEnum):
    NONE = "none"
    REDACTED = "redacted"
    FULL = "full"


_ORDER = (Level.NONE, Level.REDACTED, Level.FULL)
_KEYS = Redactor((Rule("apiKeys"),))


@dataclass(frozen=True, slots=True)
class ContentSettings:
    """``config.content`` with the environment's switch under it."""

    level: Level = Level.NONE
    """What the journal holds, and every destination that says nothing else."""
    rules: tuple[Rule, ...] = ()


def fullest(levels: Iterable[Level]) -> Level:
    """The level that serves all of them."""
    return max(levels, key=_ORDER.index, default=Level.NONE)


def content_for(record: CallRecord, level: Level, redactor: Redactor) -> CallRecord:
    """The record as a sink of this level may see it. Pure, and never fuller than the record itself."""
    if level is Level.NONE:
        record = record if record.content is None else replace(record, content=None)
    return record if level is Level.FULL else _redacted(record, redactor)


class ContentFinisher:
    """Makes a record hold no more than ``needed``, the fullest level of all sinks. The last of the finishers, since
    expressions may quote content into fields.

    A redaction that fails lets nothing through: the record goes on without content, fields and the error's words.
    """

    def __init__(self, needed: Level, redactor: Redactor) -> None:
        self._needed = needed
        self._redactor = redactor

    def __call__(self, record: CallRecord, _: object = None) -> CallRecord:
        try:
            if self._needed is Level.NONE and record.content is not None:
                record = replace(record, content=None)
            record = _light(record)
            return bounded(content_for(record, self._needed, self._redactor))[0]
        except Exception:
            # Deep nesting, mostly. What failed may have been about to hide a secret.
            return _silenced(record)


def _light(record: CallRecord) -> CallRecord:
    """Without base64 media anywhere."""
    content = record.content
    if content is None and record.error is None and record.answer.error_message is None and not record.fields:
        return record
    if content is not None:
        content = Content(**{name: without_media(getattr(content, name)) for name in CONTENT_FIELDS})
    error, answer = record.error, record.answer
    if error is not None:
        error = replace(error, message=_told(error.message))
    if answer.error_message is not None:
        answer = replace(answer, error_message=_told(answer.error_message))
    fields = without_media(dict(record.fields)) if record.fields else record.fields
    return replace(record, content=content, error=error, answer=answer, fields=fields)


def _told(error: str) -> str:
    """A provider may quote the key that it refuses: at no level is that anybody's business."""
    return _KEYS.text(text_without_media(error))


def _redacted(record: CallRecord, redactor: Redactor) -> CallRecord:
    if not redactor or REDACTED_NOTE in record.notes:
        return record
    content = record.content
    if content is not None:
        content = Content(**{name: redactor.json(getattr(content, name)) for name in CONTENT_FIELDS})
    error, answer = record.error, record.answer
    if error is not None:
        error = replace(error, message=redactor.text(error.message))
    if answer.error_message is not None:
        answer = replace(answer, error_message=redactor.text(answer.error_message))
    request, who = record.request, record.attribution
    if request.stop_sequences is not None:
        request = replace(request, stop_sequences=tuple(map(redactor.text, request.stop_sequences)))
    if who.tags or who.metadata:
        tags = tuple(map(redactor.text, who.tags))
        who = replace(who, tags=tags, metadata=redactor.json(dict(who.metadata)))
    fields = redactor.json(dict(record.fields)) if record.fields else record.fields
    found = replace(
        record, content=content, error=error, answer=answer, request=request, attribution=who, fields=fields
    )
    # A record that had nothing to look at needs no note.
    return found if content is None and found == record else replace(found, notes=(*record.notes, REDACTED_NOTE))


def _silenced(record: CallRecord) -> CallRecord:
    error, answer = record.error, record.answer
    return replace(
        record,
        content=None,
        fields={},
        request=replace(record.request, stop_sequences=None),
        attribution=replace(record.attribution, tags=(), metadata={}),
        error=None if error is None else replace(error, message="left out"),
        answer=answer if answer.error_message is None else replace(answer, error_message="left out"),
        notes=(*record.notes, FAILED_NOTE),
    )
