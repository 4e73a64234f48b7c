"""One direction per file, joined here for the hub."""

from __future__ import annotations

from agw.translate.messages.answer_read import read_answer
from agw.translate.messages.answer_write import write_answer
from agw.translate.messages.errors import read_error, write_error
from agw.translate.messages.request_read import read_request
from agw.translate.messages.request_write import write_request
from agw.translate.messages.stream_read import MessagesStreamReader
from agw.translate.messages.stream_write import MessagesStreamWriter


class MessagesSpoke:
    api_type = "messages"
    read_request = staticmethod(read_request)
    write_request = staticmethod(write_request)
    read_answer = staticmethod(read_answer)
    write_answer = staticmethod(write_answer)
    read_error = staticmethod(read_error)
    write_error = staticmethod(write_error)
    stream_reader = MessagesStreamReader
    stream_writer = MessagesStreamWriter
