"""One direction per file, joined here for the hub."""

from __future__ import annotations

from agw.translate.completions.answer_read import read_answer
from agw.translate.completions.answer_write import write_answer
from agw.translate.completions.errors import read_error, write_error
from agw.translate.completions.request_read import read_request
from agw.translate.completions.request_write import write_request
from agw.translate.completions.stream_read import CompletionsStreamReader
from agw.translate.completions.stream_write import CompletionsStreamWriter


class CompletionsSpoke:
    api_type = "completions"
    read_request = staticmethod(read_request)
    write_request = staticmethod(write_request)
    read_answer = staticmethod(read_answer)
    write_answer = staticmethod(write_answer)
    read_error = staticmethod(read_error)
    write_error = staticmethod(write_error)
    stream_reader = CompletionsStreamReader
    stream_writer = CompletionsStreamWriter
