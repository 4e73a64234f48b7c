"""One direction per file, joined here for the hub."""

from __future__ import annotations

from agw.translate.gemini.answer_read import read_answer
from agw.translate.gemini.answer_write import write_answer
from agw.translate.gemini.errors import read_error, write_error
from agw.translate.gemini.request_read import read_request
from agw.translate.gemini.request_write import write_request
from agw.translate.gemini.stream_read import GeminiStreamReader
from agw.translate.gemini.stream_write import GeminiStreamWriter


class GeminiSpoke:
    api_type = "generateContent"
    read_request = staticmethod(read_request)
    write_request = staticmethod(write_request)
    read_answer = staticmethod(read_answer)
    write_answer = staticmethod(write_answer)
    read_error = staticmethod(read_error)
    write_error = staticmethod(write_error)
    stream_reader = GeminiStreamReader
    stream_writer = GeminiStreamWriter
