"""A worker's own figures, written down for the page that shows all workers (end_to_end/test_workers.py)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agw.telemetry.metrics_registry import Reading, Readings
from agw.telemetry.metrics_shared import WrittenDown


@pytest.fixture
def written_down() -> Iterator[WrittenDown]:
    made = WrittenDown(Readings(lambda: ()))
    yield made
    made.close()


def value(made: WrittenDown, name: str, **labels: str) -> float | None:
    found: float | None = made._registry.get_sample_value(f"agentgateway_{name}", labels)
    return found


def test_a_figure_that_only_grows_is_added_up_by_what_it_has_grown(written_down: WrittenDown) -> None:
    for sent in (3, 3, 10):
        written_down.step([Reading("destination_sent", "Sent.", sent, (("destination", "a"),), counts=True)])
    assert value(written_down, "destination_sent_total", destination="a") == 10


def test_a_figure_that_goes_up_and_down_is_what_it_was_last(written_down: WrittenDown) -> None:
    for lag_s in (0.5, 0.1):
        written_down.step([Reading("loop_lag_seconds", "Lag.", lag_s)])
    assert value(written_down, "loop_lag_seconds") == 0.1


def test_a_count_that_begins_anew_takes_nothing_away(written_down: WrittenDown) -> None:
    for sent in (5, 2, 4):
        written_down.step([Reading("calls_not_recorded", "Lost.", sent, counts=True)])
    assert value(written_down, "calls_not_recorded_total") == 7
