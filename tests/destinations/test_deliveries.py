"""Destinations that come, stay and go with the config."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agw.config.secret import Secret
from agw.config.snapshot import Tracing
from agw.destinations.deliveries import Deliveries
from agw.destinations.otlp import OtlpReceiver
from agw.journal import Journal, Keep
from bench_suite.ports import free_port
from support.otlp_receiver import GrpcReceiver, attributes_of
from support.records import numbered


class Run:
    def __init__(self, path) -> None:
        self.told: list[str] = []
        self.journal = Journal(path, keep=Keep(0, 0), on_trouble=self.told.append)
        self.deliveries = Deliveries(self.journal.backlogs, {}, self.told.append)

    def serve(self, *endpoints: str, **more) -> None:
        found = [OtlpReceiver(Tracing(endpoint, name=f"d{n}", **more)) for n, endpoint in enumerate(endpoints)]
        self.journal.serve([one.name for one in found], self.deliveries.wake)
        self.deliveries.serve(found)

    def put(self, *numbers: int) -> None:
        self.journal.append((), [numbered(number) for number in numbers])

    def close(self) -> None:
        self.deliveries.close()
        self.journal.close()


@pytest.fixture
def run(tmp_path) -> Iterator[Run]:
    one = Run(tmp_path / "journal.sqlite")
    yield one
    one.close()


def ids(collector) -> list[str]:
    return [attributes_of(span)["gen_ai.response.id"] for span in collector.spans]


def test_an_equal_destination_is_kept_across_a_reload(run):
    with GrpcReceiver() as collector:
        run.serve(collector.endpoint)
        (before,) = run.deliveries._workers
        run.serve(collector.endpoint)
        assert run.deliveries._workers == (before,)
        run.put(1)
        collector.wait_for(1)


def test_one_that_is_new_gets_only_what_comes_from_then_on(run):
    with GrpcReceiver() as first, GrpcReceiver() as second:
        run.serve(first.endpoint)
        run.put(1)
        first.wait_for(1)
        run.serve(first.endpoint, second.endpoint)
        run.put(2)
        second.wait_for(1)
        first.wait_for(2)
        assert (ids(first), ids(second)) == (["1", "2"], ["2"])


def test_new_headers_for_the_same_place_go_on_at_the_same_call(run):
    port = free_port()
    run.serve(f"http://127.0.0.1:{port}")
    run.put(1)
    run.serve(f"http://127.0.0.1:{port}", headers=(("x-key", Secret("new")),))
    with GrpcReceiver(port=port) as collector:
        collector.wait_for(1)
        run.put(2)
        collector.wait_for(2)
        assert ids(collector) == ["1", "2"]
        assert collector.headers["x-key"] == "new"


def test_one_that_is_slow_or_dead_holds_up_no_other(run):
    with GrpcReceiver() as collector:
        run.serve(f"http://127.0.0.1:{free_port()}", collector.endpoint)
        for number in range(50):
            run.put(number)
        collector.wait_for(50)
        assert run.deliveries._workers[1].flush(10)
        dead, alive = run.deliveries.stats()
        assert (dead.queued, alive.sent) == (50, 50)
        assert alive.place == collector.endpoint


def test_closing_leaves_what_was_not_sent_for_the_next_run(run, tmp_path):
    port = free_port()
    run.serve(f"http://127.0.0.1:{port}")
    run.put(1, 2, 3)
    run.close()
    again = Run(tmp_path / "journal.sqlite")
    with GrpcReceiver(port=port) as collector:
        again.serve(f"http://127.0.0.1:{port}")
        collector.wait_for(3)
        assert ids(collector) == ["1", "2", "3"]
        again.close()
