"""Where the records of this run go, whatever configs come and go: recorder, journal, destinations."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from agw.config.snapshot import Snapshot
from agw.content import switch
from agw.destinations.deliveries import Deliveries
from agw.destinations.receivers import receivers
from agw.journal import Journal, Keep
from agw.pricing.pricer import Prices
from agw.pricing.update import builtin
from agw.record import CallRecord
from agw.record.line import readable
from agw.recorder import Recorder

logger = logging.getLogger("agw")
_calls = logging.getLogger("agw.calls")

FINISH_S = 5.0
"""How long the recorder may take, when the gateway stops, to finish what it was given."""


class Recording:
    """``path`` is the journal's file; None keeps calls in memory only. ``told`` gets each finished record, from the
    recorder's thread."""

    def __init__(
        self, environ: Mapping[str, str], path: Path | None, keep: Keep, told: Callable[[CallRecord], None]
    ) -> None:
        if warning := switch.capture_content(environ)[1]:
            logger.warning(warning)
        self.prices = Prices(builtin(None if path is None else path.parent, logger.warning))
        if path is None:
            logger.info("no journal: finished calls are kept in memory only, and are gone when the gateway stops")
        self.journal = Journal(path, keep=keep, on_trouble=logger.warning)
        self.deliveries = Deliveries(self.journal.backlogs, environ, logger.warning)
        self._told = told
        self.recorder = Recorder(self.journal, tell=self._tell, on_trouble=logger.warning)

    def serve(self, snapshot: Snapshot) -> None:
        """Another config has taken over."""
        found = receivers(snapshot)
        self.journal.serve([one.name for one in found], self.deliveries.wake)
        self.deliveries.serve(found)

    def close(self) -> None:
        """Blocks until all is written and sent, or the deadlines are over; what was not sent waits in the journal."""
        self.recorder.close(FINISH_S)
        self.deliveries.close()
        self.journal.close()

    def _tell(self, record: CallRecord) -> None:
        if _calls.isEnabledFor(logging.INFO):
            _calls.info(readable(record))
        self._told(record)
