"""One direction per file, joined here for the hub."""

from __future__ import annotations

from agw.translate.responses.answer_read import read_answer
from agw.translate.responses.answer_write import write_answer
from agw.translate.responses.errors import read_error, write_error
from agw.translate.responses.request_read import read_request
from agw.translate.responses.request_write import write_request
from agw.translate.responses.stream_read import ResponsesStreamReader
from agw.translate.responses.stream_write import ResponsesStreamWriter


class ResponsesSpoke:
    api_type = "responses"
    read_request = staticmethod(read_request)
    write_request = staticmethod(write_request)
    read_answer = staticmethod(read_answer)
    write_answer = staticmethod(write_answer)
    read_error = staticmethod(read_error)
    write_error = staticmethod(write_error)
    stream_reader = ResponsesStreamReader
    stream_writer = ResponsesStreamWriter
