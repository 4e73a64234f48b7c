"""A stand-in provider with OpenAI's API: answers are made up, deterministic and shaped like the real ones."""

from standin_provider.server import Standin
from standin_provider.thread import StandinThread

__all__ = ["Standin", "StandinThread"]
