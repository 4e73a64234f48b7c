"""Images and files as OpenAI's formats want them: data as a data URL, ids only of OpenAI's own store."""

from __future__ import annotations

from typing import Any

from agw.errors import BadRequest
from agw.translate.media import data_url
from agw.translate.neutral import File, Image
from agw.translate.writing import without_none


def image_url(image: Image) -> str:
    if image.data is not None:
        return data_url(image.mime, image.data)
    if image.url is not None:
        return image.url
    raise BadRequest("messages: an image in one provider's file store cannot be sent to another: send its data")


def file_fields(file: File, family: str) -> dict[str, Any]:
    """``file_data`` with a name, or ``file_id``. Raises BadRequest for an id of another family's store."""
    if file.data is not None:
        data = data_url(file.mime, file.data)
        return {"filename": file.filename or _default_name(file.mime), "file_data": data}
    if file.file_id is not None and family == "openai":
        return without_none({"file_id": file.file_id, "filename": file.filename})
    raise BadRequest("messages: a file in one provider's store cannot be sent to another: send its data")


def _default_name(mime: str | None) -> str:
    return "document.pdf" if mime == "application/pdf" else "document"


def titled(file: File) -> str:
    """A plain text document as text, under its title if it has one."""
    return f"{file.filename}\n\n{file.text}" if file.filename else file.text or ""
