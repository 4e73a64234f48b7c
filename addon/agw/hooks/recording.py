"""Where the records of this run go, whatever configs come and go: recorder, journal, destinations."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from agw.config.snapshot import MetricsTo, Snapshot
from agw.content import switch
from agw.destinations.deliveries import Deliveries
from agw.destinations.metrics import MetricsExporter
from agw.destinations.receivers import receivers
from agw.destinations.scores import ScoreDelivery
from agw.destinations.shared import WrittenStats
from agw.journal import Journal, Keep
from agw.journal.place import journal_of
from agw.pricing.pricer import Prices
from agw.pricing.update import builtin
from agw.record import CallRecord
from agw.recorder import Recorder
from agw.telemetry.loop_lag import LoopLag
from agw.telemetry.metrics_registry import Reading
from agw.telemetry.metrics_shared import shared_folder
from agw.telemetry.signals import Signals

logger = logging.getLogger("agw")

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
        self._path: Path | None = path
        self.journal = Journal(path, keep=keep, on_trouble=logger.warning)
        self.deliveries = Deliveries(self.journal.backlogs, environ, logger.warning)
        shared = shared_folder()
        self._written_stats = None if shared is None else WrittenStats(shared, self.deliveries.stats)
        self.scores = ScoreDelivery(environ, logger.warning)
        self._told = told
        self._environ = environ
        self._exporter: MetricsExporter | None = None
        self.loop_lag = LoopLag()
        self.under_way: Callable[[], int] = lambda: 0
        """How many calls are under way: asked by the metrics' thread."""
        self.signals = Signals(self._figures, lambda: self._open)
        self._open = True
        self.recorder = Recorder(self.journal, count=self.signals.count, tell=self._tell, on_trouble=logger.warning)

    def serve(self, snapshot: Snapshot) -> None:
        """Another config has taken over."""
        database = snapshot.database
        if database is not None and database.postgres is None and journal_of("", database) != self._path:
            logger.warning("config.database names another file: it is taken at the next start")
        found = receivers(snapshot)
        self.journal.serve([one.name for one in found], self.deliveries.wake)
        self.deliveries.serve(found)
        self.signals.serve(snapshot)
        self._export_metrics(snapshot.metrics_to)
        self.scores.serve(snapshot.destinations)

    def leaving(self) -> None:
        """No more calls are taken: a load balancer that asks shall go elsewhere."""
        self._open = False

    def close(self) -> None:
        """Blocks until all is written and sent, or the deadlines are over; what was not sent waits in the journal."""
        self._open = False
        self.recorder.close(FINISH_S)
        self.scores.close(FINISH_S)
        self.deliveries.close()
        if self._written_stats is not None:
            self._written_stats.close()
        self.journal.close()
        if self._exporter is not None:
            self._exporter.close()
        self.signals.close()

    def _tell(self, record: CallRecord) -> None:
        self.signals.tell(record)
        if (exporter := self._exporter) is not None:
            exporter.observe(record)
        self._told(record)

    def _export_metrics(self, wanted: MetricsTo | None) -> None:
        before = self._exporter
        if before is not None and before.settings == wanted:
            return
        self._exporter = None if wanted is None else MetricsExporter(wanted, self._environ, logger.warning)
        if before is not None:
            threading.Thread(target=before.close, name="agw-drain", daemon=True).start()

    def _not_recorded(self) -> int:
        return self.recorder.refused + self.journal.lost

    def _figures(self) -> Iterator[Reading]:
        """The gateway's own, for the metrics page."""
        yield Reading("calls_under_way", "Calls under way.", self.under_way())
        yield Reading("loop_lag_seconds", "How late the event loop was last.", self.loop_lag.latest_s)
        yield Reading("loop_lag_worst_seconds", "The worst of late, fading.", self.loop_lag.worst_s)
        yield Reading("calls_not_recorded", "Calls that were not recorded.", self._not_recorded(), counts=True)
        yield Reading(
            "calls_cut_unsent", "Calls cut before a destination had them.", self.journal.pruned_unsent, counts=True
        )
        for (status, provider, model), count in self.prices.counts.read().items():
            labels = (("status", status), ("gen_ai_system", provider), ("gen_ai_request_model", model))
            yield Reading("cost_catalog_lookups", "Prices that were looked for.", count, labels, counts=True)
        for one in self.deliveries.stats():
            named = (("destination", one.name),)
            yield Reading("destination_lag_seconds", "Age of the oldest record that waits.", one.lag_s or 0.0, named)
            yield Reading("destination_queued", "Records that wait.", one.queued, named)
            yield Reading("destination_failing", "Requests in a row that failed.", one.failures, named)
            yield Reading("destination_sent", "Records that were sent.", one.sent, named, counts=True)
            yield Reading("destination_parked", "Records that it will not take.", one.parked, named, counts=True)
            yield Reading("destination_dropped", "Records that nobody took.", one.dropped, named, counts=True)
