"""Passwords are checked beside the loop, a few at a time, and a flood of them is turned away."""

from __future__ import annotations

import asyncio
import threading

import pytest

from agw.errors import RateLimited
from agw.policies.slow import MAX_WAITING, SlowChecks


def test_a_flood_is_turned_away_and_those_that_wait_are_served():
    async def flood() -> tuple[int, int]:
        checks, gate = SlowChecks(), threading.Event()
        waiting = [asyncio.create_task(checks.run(lambda: gate.wait(10) and None)) for _ in range(MAX_WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(RateLimited):
            await checks.run(lambda: None)
        gate.set()
        await asyncio.gather(*waiting)
        await checks.run(lambda: None)
        return len(waiting), checks._waiting

    assert asyncio.run(flood()) == (MAX_WAITING, 0)


def test_a_job_that_raises_frees_its_place():
    async def fails() -> int:
        checks = SlowChecks()
        with pytest.raises(ZeroDivisionError):
            await checks.run(lambda: 1 // 0)
        return checks._waiting

    assert asyncio.run(fails()) == 0
