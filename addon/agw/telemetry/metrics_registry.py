"""Holds the metrics of this run for Prometheus.

Clients choose some labels (a model's name), so each label holds a bounded number of values and each metric a bounded
number of series; what comes later counts under ``other``.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

import agw
from agw.config.signals import Metrics
from agw.record import CallRecord
from agw.telemetry.metrics import METRICS, PLACE_LABELS, UNKNOWN, Kind, observations, place_labels
from agw.telemetry.selection import fields_for

# Without the time at which each series began: it doubles the page, and nobody reads it.
disable_created_metrics()  # type: ignore[no-untyped-call]

PREFIX = "agentgateway"
LABELS = "metrics"
"""The name under which the record holds the values of the config's own labels."""
OTHER = "other"
MAX_VALUES = 200
"""Of one label."""
MAX_SERIES = 2000
"""Of one metric."""
MAX_CHARS = 128
"""Of one value."""


class Bounded:
    """Label values as they may be shown."""

    def __init__(self, max_values: int = MAX_VALUES, max_series: int = MAX_SERIES) -> None:
        self._values: dict[str, set[str]] = {}
        self._series: dict[str, set[tuple[str, ...]]] = {}
        self._max_values, self._max_series = max_values, max_series

    def labels(self, metric: str, names: Sequence[str], values: Sequence[str]) -> tuple[str, ...]:
        shown = tuple(self._value(name, value) for name, value in zip(names, values, strict=True))
        seen = self._series.setdefault(metric, set())
        if shown not in seen:
            if len(seen) >= self._max_series:
                return tuple(OTHER for _ in shown)
            seen.add(shown)
        return shown

    def _value(self, name: str, value: str) -> str:
        value = value[:MAX_CHARS]
        seen = self._values.setdefault(name, set())
        if value not in seen:
            if len(seen) >= self._max_values:
                return OTHER
            seen.add(value)
        return value


class MetricsRegistry:
    """``observe`` is called by one thread (the recorder's), ``registry`` is read by another (the page's).

    With other labels in the config a new one takes over, and counts anew.
    """

    def __init__(self, settings: Metrics, own: Iterable[Collector] = ()) -> None:
        self.settings = settings
        self.registry = CollectorRegistry(auto_describe=False)
        self._own_labels = tuple(name for name, _ in settings.labels)
        self._bounded = Bounded()
        self._held: dict[str, Counter | Histogram] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._adders: dict[tuple[str | tuple[str, ...], ...], Callable[[float], None]] = {}
        for metric in METRICS:
            if metric.name in settings.remove or f"{metric.name}_total" in settings.remove:
                continue
            names = (*PLACE_LABELS, *metric.labels, *self._own_labels)
            full = f"{PREFIX}_{metric.name}"
            self._names[metric.name] = names
            if metric.kind is Kind.COUNTER:
                self._held[metric.name] = Counter(full, metric.help, names, registry=self.registry)
            else:
                buckets = metric.buckets
                self._held[metric.name] = Histogram(full, metric.help, names, buckets=buckets, registry=self.registry)
        for one in own:
            self.registry.register(one)

    def observe(self, record: CallRecord) -> None:
        place = place_labels(record)
        said = fields_for(record, LABELS) if self._own_labels else {}
        own = tuple(str(said.get(name, UNKNOWN)) for name in self._own_labels)
        for one in observations(record):
            key = (one.metric.name, place, one.labels, own)
            add = self._adders.get(key)
            if add is None:
                if (held := self._held.get(one.metric.name)) is None:
                    continue
                values = (*place, *one.labels, *own)
                shown = self._bounded.labels(one.metric.name, self._names[one.metric.name], values)
                series = held.labels(*shown)
                add = series.inc if isinstance(series, Counter) else series.observe
                if shown == values:
                    # As many as there are series; finding one anew takes ten times as long.
                    self._adders[key] = add
            add(one.value)


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure of the gateway's own: ``labels`` names to values."""

    name: str
    help: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()
    counts: bool = False
    """It only grows."""


class Readings(Collector):
    """Figures that somebody else holds, asked when the page is."""

    def __init__(self, read: Callable[[], Iterable[Reading]]) -> None:
        self._read = read

    def now(self) -> Iterator[Reading]:
        yield from self._read()
        yield _build()

    def collect(self) -> Iterator[Family]:
        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for one in self.now():
            family = families.get(one.name)
            if family is None:
                kind = CounterMetricFamily if one.counts else GaugeMetricFamily
                names = [name for name, _ in one.labels]
                family = families[one.name] = kind(f"{PREFIX}_{one.name}", one.help, labels=names)
            family.add_metric([value for _, value in one.labels], one.value)
        yield from families.values()


def _build() -> Reading:
    labels: Mapping[str, str] = {"version": agw.__version__, "python": platform.python_version()}
    return Reading("build_info", "The gateway that runs.", 1, tuple(labels.items()))
