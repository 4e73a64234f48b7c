"""One direction per file, joined here for the hub: the provider's side only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from agw.errors import BadRequest
from agw.translate.base import Losses
from agw.translate.converse.answer_read import read_answer
from agw.translate.converse.errors import read_error, write_error
from agw.translate.converse.request_write import write_request
from agw.translate.converse.stream_read import ConverseStreamReader
from agw.translate.neutral import Answer, Request

_NO_CLIENTS = "requests in the format of Bedrock's Converse can be answered by Bedrock only"


class ConverseSpoke:
    api_type = "converse"
    write_request = staticmethod(write_request)
    read_answer = staticmethod(read_answer)
    read_error = staticmethod(read_error)
    write_error = staticmethod(write_error)
    stream_reader = ConverseStreamReader

    def read_request(self, body: Mapping[str, Any], losses: Losses) -> NoReturn:
        raise BadRequest(_NO_CLIENTS)

    def write_answer(self, answer: Answer, asked: Request, losses: Losses) -> NoReturn:
        raise BadRequest(_NO_CLIENTS)

    def stream_writer(self, asked: Request, losses: Losses) -> NoReturn:
        raise BadRequest(_NO_CLIENTS)
