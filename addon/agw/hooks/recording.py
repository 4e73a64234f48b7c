"""Where the records of this run go, whatever configs come and go: the recorder and all behind it."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from agw.config.snapshot import Snapshot
from agw.destinations.fan import Fan
from agw.pricing.pricer import Prices
from agw.record import CallRecord
from agw.record.line import readable
from agw.recorder import Recorder
from agw.telemetry import capture

logger = logging.getLogger("agw")
_calls = logging.getLogger("agw.calls")

FINISH_S = 5.0
"""How long the recorder may take, when the gateway stops, to finish what it was given."""


class Recording:
    def __init__(self, environ: Mapping[str, str]) -> None:
        if warning := capture.capture_content(environ)[1]:
            logger.warning(warning)
        self.prices = Prices()
        self._fan = Fan(environ, logger.warning)
        self.recorder = Recorder(self._fan.take, tell=_tell, on_trouble=logger.warning)

    def serve(self, snapshot: Snapshot) -> None:
        """Another config has taken over."""
        self._fan.serve(snapshot.destinations)

    def close(self) -> None:
        """Blocks until all is written and sent, or the deadlines are over."""
        self.recorder.close(FINISH_S)
        self._fan.close()


def _tell(record: CallRecord) -> None:
    if _calls.isEnabledFor(logging.INFO):
        _calls.info(readable(record))
