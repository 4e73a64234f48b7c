"""From the event loop to the journal: one thread that finishes records and hands them on."""

from agw.recorder.finish import Finisher
from agw.recorder.recorder import Recorder

__all__ = ["Finisher", "Recorder"]
