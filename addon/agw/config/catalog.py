"""``config.modelCatalog`` (agentgateway.md §1.4, §2.7): files and inline catalogs, merged in their order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agw.config.reader import At
from agw.pricing.catalog import Catalog, merged, parse

MAX_BYTES = 16 << 20
"""Of one catalog file."""


def catalog(at: At) -> tuple[Catalog, tuple[str, ...]]:
    """The merged catalog, and the files that it was read from: a change of one of them is a change of the config."""
    read: list[tuple[str, Any]] = []
    files = []
    for index, one in enumerate(at.items()):
        if one["file"] and one["inline"]:
            one.wrong("'file' beside 'inline'", "write two entries")
        place = one["file"] if one["file"] else one["inline"]
        if not place:
            one.wrong("an entry without a catalog", "write file: PATH or inline: ...")
            continue
        name = f"modelCatalog[{index}]"
        text = place.text()
        if one["file"]:
            path = place.file_name()
            if path is None:
                continue
            files.append(path)
            name, text = Path(path).name, _text(place, path)
        if text is not None:
            try:
                said = parse(text)
            except ValueError:
                place.wrong("neither JSON nor YAML", "is it the right file?" if one["file"] else "")
                continue
        else:
            said = place.value
        if said is not None:
            read.append((name, said))
    if not read:
        return Catalog(), tuple(files)

    def wrong(where: str, message: str, hint: str) -> None:
        at.wrong(f"{where or 'the catalog'}: {message}", hint)

    return merged(read, wrong), tuple(files)


def _text(at: At, path: str) -> str | None:
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) <= MAX_BYTES:
            return data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        pass
    at.wrong("the file cannot be read as text", f"it must be UTF-8 and {MAX_BYTES >> 20} MiB at most")
    return None
