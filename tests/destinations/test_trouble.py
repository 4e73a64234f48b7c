"""Told once, then at most once a minute, and the end once."""

from __future__ import annotations

from agw.destinations.trouble import Trouble


class Told(list):
    def __init__(self) -> None:
        self.now = 1000.0
        self.trouble = Trouble(self.append, lambda: self.now)


def test_the_first_failure_is_told_at_once_and_the_next_ones_wait_a_minute():
    told = Told()
    for second in range(130):
        told.now = 1000.0 + second
        told.trouble.failed(f"failure at {second}")
    assert told == ["failure at 0", "failure at 60", "failure at 120"]


def test_the_end_is_told_once():
    told = Told()
    told.trouble.failed("down")
    told.trouble.ended("up")
    told.trouble.ended("up")
    assert told == ["down", "up"]


def test_without_a_failure_no_end_is_told():
    told = Told()
    told.trouble.ended("up")
    assert told == []


def test_a_collector_that_comes_and_goes_does_not_flood():
    told = Told()
    for second in range(60):
        told.now = 1000.0 + second
        told.trouble.failed("down")
        told.trouble.ended("up")
    assert told == ["down", "up"]


def test_a_listener_that_raises_is_survived():
    def broken(message: str) -> None:
        raise RuntimeError(message)

    Trouble(broken, lambda: 0.0).failed("down")
