"""Base64 media becomes what identifies it, wherever it stands."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.content.media import text_without_media
from agw.content.redactor import without_media

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
B64 = base64.b64encode(PNG).decode()
SHA = hashlib.sha256(PNG).hexdigest()
TEXT = f"[image/png, {len(PNG)} bytes, sha256 {SHA}]"
PART = {
    "type": "text",
    "content": TEXT,
    "mime_type": "image/png",
    "modality": "image",
    "bytes": len(PNG),
    "sha256": SHA,
}


@pytest.mark.parametrize(
    "part",
    [
        {"type": "blob", "mime_type": "image/png", "modality": "image", "content": B64},
        {"type": "blob", "modality": "image", "content": B64},
        {"type": "uri", "modality": "image", "uri": f"data:image/png;base64,{B64}"},
        {"type": "blob", "mime_type": "image/png", "modality": "image", "content": B64.rstrip("=")},
        {
            "type": "blob",
            "mime_type": "image/png",
            "modality": "image",
            "content": base64.urlsafe_b64encode(PNG).decode(),
        },
        {"type": "blob", "mime_type": "image/png", "modality": "image", "content": base64.encodebytes(PNG).decode()},
    ],
    ids=["blob", "without a type", "data url", "without padding", "for urls", "with line breaks"],
)
def test_a_media_part_becomes_a_text_part_that_names_the_bytes(part):
    assert without_media([{"role": "user", "parts": [part]}]) == [{"role": "user", "parts": [PART]}]


def test_a_sound_keeps_its_type():
    part = {
        "type": "blob",
        "mime_type": "audio/wav",
        "modality": "audio",
        "content": base64.b64encode(b"RIFF").decode(),
    }
    found = without_media(part)
    assert (found["mime_type"], found["modality"], found["bytes"]) == ("audio/wav", "audio", 4)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": B64}}, ("source", "data")),
        ({"inlineData": {"mimeType": "image/png", "data": B64}}, ("inlineData", "data")),
        ({"type": "image", "data": B64, "mimeType": "image/png"}, ("data",)),
        ({"image": {"format": "png", "source": {"bytes": B64}}}, ("image", "source", "bytes")),
        ({"b64_json": B64}, ("b64_json",)),
        ({"file_data": f"data:image/png;base64,{B64}", "filename": "a"}, ("file_data",)),
        ({"type": "image_generation_call", "result": B64}, ("result",)),
        ({"arguments": {"path": "a.png", "content": B64}}, ("arguments", "content")),
    ],
    ids=["anthropic", "gemini", "mcp", "bedrock", "images", "file", "image generation", "a tool's argument"],
)
def test_media_inside_tool_results_and_arguments_becomes_a_text(value, path):
    found = without_media({"type": "tool_call_response", "response": [value]})["response"][0]
    for step in path:
        found = found[step]
    assert found == TEXT


def test_media_inside_a_text_or_an_error_message_becomes_a_text():
    said = f"cannot read data:image/png;base64,{B64} nor {B64}, sorry"
    assert text_without_media(said) == f"cannot read {TEXT} nor {TEXT}, sorry"
    assert text_without_media(json.dumps({"url": f"data:image/png;base64,{B64}"})) == json.dumps({"url": TEXT})
    assert text_without_media("data:;charset=utf-8;base64,aGk=") == (
        f"[application/octet-stream, 2 bytes, sha256 {hashlib.sha256(b'hi').hexdigest()}]"
    )


def test_what_stands_around_base64_stays():
    assert text_without_media(f"a\ndata:image/png;base64,{B64}\nword data:image/png;base64,{B64}.") == (
        f"a\n{TEXT}\nword {TEXT}."
    )
    assert text_without_media(f"{B64}\nword") == f"{TEXT}\nword"
    for text in (";base64,", "x;base64,AAAA", "data: a;base64,AAAA", "data:image/png;base64", "metadata:x;base64"):
        assert text_without_media(text) == text


def test_runs_longer_than_a_piece_are_measured_whole():
    data = PNG * 200
    text = base64.b64encode(data).decode()
    expected = f"[image/png, {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}]"
    for said in (text, f"data:image/png;base64,{text}"):
        assert text_without_media(f"see {said}, ok") == f"see {expected}, ok"


def test_forty_megabytes_are_measured_whole():
    data = PNG * 40_000
    found = without_media(
        [{"type": "blob", "mime_type": "image/png", "modality": "image", "content": base64.b64encode(data).decode()}]
    )
    assert (found[0]["bytes"], found[0]["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert len(json.dumps(found)) < 500


def test_what_is_no_base64_at_all_is_taken_out_of_a_blob_too():
    found = without_media({"type": "blob", "mime_type": "image/png", "modality": "image", "content": "äöü€"})
    assert found["bytes"] == len("äöü€".encode())


@pytest.mark.parametrize(
    "value",
    [
        "x" * 900_000,
        "word " * 100,
        "iVBORw0KGgo is how a PNG begins",
        {"type": "text", "content": "A" * 5000},
        {"type": "uri", "modality": "image", "uri": "https://example.com/a.png"},
        {"format": "json", "content": "a short text"},
        {"format": "csv", "data": "words"},
        {"type": "file", "modality": "document", "file_id": "file-1"},
        {"data": "no type beside it, and spaces"},
        {"mime_type": "text/plain", "content": "not base64, since it has: punctuation" * 20},
    ],
    ids=lambda value: str(value)[:30],
)
def test_other_things_stay_and_are_not_copied(value):
    assert without_media(value) is value


@given(st.binary(max_size=300), st.sampled_from(["blob", "url"]))
def test_whatever_the_bytes_are_their_size_and_hash_are_told(data, form):
    text = base64.b64encode(data).decode()
    part = (
        {"type": "blob", "modality": "image", "mime_type": "image/png", "content": text}
        if form == "blob"
        else {"type": "uri", "modality": "image", "uri": f"data:image/png;base64,{text}"}
    )
    found = without_media(part)
    assert (found["bytes"], found["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
