"""Holds the metrics of this run for Prometheus.

Clients choose some labels (a model's name), so each label holds a bounded number of values and each metric a bounded
number of series; what comes later counts under ``other``.
"""

from __future__ import annotations

import platform
from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

import agw
from agw.config.signals import Metrics
from agw.record import CallRecord
from agw.telemetry.metrics import (
    METRICS,
    PLACE_LABELS,
    UNKNOWN,
    Kind,
    Slot,
    kind_of,
    labels_in,
    place_labels,
    values,
)
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


_Add = Callable[[Sequence[float]], object]
"""Takes the values of a group of calls: each one by itself would take the series' lock, and between workers a write to
their shared file."""
_KindOf = tuple[tuple[str | int | None, ...], tuple[str, ...]]
_KINDS = 1000
"""Kinds of calls whose series are remembered: to find one anew takes ten times as long."""


class MetricsRegistry:
    """``observe`` is called by one thread (the recorder's), ``registry`` is read by another (the page's).

    With other labels in the config a new one takes over, and counts anew.
    """

    def __init__(self, settings: Metrics, own: Iterable[Collector] = ()) -> None:
        self.settings = settings
        self.registry = CollectorRegistry(auto_describe=False)
        self._own_labels = tuple(name for name, _ in settings.labels)
        self._own_unknown = (UNKNOWN,) * len(self._own_labels)
        self._bounded = Bounded()
        self._held: dict[str, Counter | Histogram] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._kinds: dict[_KindOf, dict[Slot, _Add]] = {}
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

    def observe(self, records: Iterable[CallRecord]) -> None:
        """A group of calls. One that cannot be told costs no other, and is raised in the end."""
        pending: dict[_Add, list[float]] = {}
        failed: Exception | None = None
        for record in records:
            try:
                found = self._of(record)
            except Exception as error:
                failed = error
                continue
            for add, value in found:
                if (waiting := pending.get(add)) is None:
                    pending[add] = [value]
                else:
                    waiting.append(value)
        for add, waiting in pending.items():
            add(waiting)
        if failed is not None:
            raise failed

    def _of(self, record: CallRecord) -> list[tuple[_Add, float]]:
        said = fields_for(record, LABELS) if self._own_labels else {}
        own = tuple(str(said.get(name, UNKNOWN)) for name in self._own_labels) if said else self._own_unknown
        kind = (kind_of(record), own)
        adders = self._kinds.get(kind)
        if adders is None:
            if len(self._kinds) >= _KINDS:
                self._kinds.clear()
            adders = self._kinds[kind] = {}
        found = []
        for slot, value in values(record):
            add = adders.get(slot)
            if add is None:
                add = adders[slot] = self._adder(slot, record, own)
            found.append((add, value))
        return found

    def _adder(self, slot: Slot, record: CallRecord, own: tuple[str, ...]) -> _Add:
        name = slot.metric.name
        if (held := self._held.get(name)) is None:
            return _nothing
        shown = self._bounded.labels(name, self._names[name], (*place_labels(record), *labels_in(slot, record), *own))
        series = held.labels(*shown)
        return _counting(series) if isinstance(series, Counter) else _observing(series)


def _nothing(_: Sequence[float]) -> None:
    """Of a metric that the config has removed."""


def _counting(series: Counter) -> _Add:
    return lambda values: series.inc(sum(values))


def _observing(series: Histogram) -> _Add:
    """What ``Histogram.observe`` does for each, without looking at the buckets one by one."""
    bounds, buckets = series._upper_bounds, series._buckets

    def observe(values: Sequence[float]) -> None:
        series._sum.inc(sum(values))
        for bucket, count in Tally([bisect_left(bounds, value) for value in values]).items():
            buckets[bucket].inc(count)

    return observe


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
