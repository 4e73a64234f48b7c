"""A credential is fetched once for all who wait, renewed before it ends, and kept while renewing fails."""

from __future__ import annotations

import asyncio
import threading

import pytest

from agw.config.secret import Secret
from agw.credentials import Bearer
from agw.credentials.renewed import AHEAD_S, PAUSE_S, Fetched, Renewed
from agw.errors import UpstreamAuthError


class Cloud:
    """Gives tokens t1, t2, ... that live ``life_s``."""

    def __init__(self, life_s: float = 3600) -> None:
        self.now_s, self.life_s = 1000.0, life_s
        self.fetched = 0
        self.down = False
        self.source = Renewed(self.fetch, lambda: self.now_s)

    def fetch(self) -> Fetched:
        assert threading.current_thread() is not threading.main_thread()
        self.fetched += 1
        if self.down:
            raise UpstreamAuthError("backend authentication failed: down")
        return Fetched(Bearer(Secret(f"t{self.fetched}")), self.now_s + self.life_s)

    async def settled(self) -> None:
        while self.source._task is not None and not self.source._task.done():
            await asyncio.sleep(0.001)


def token(ready) -> str | None:
    return None if ready is None else ready.token.reveal()


def test_nothing_is_there_before_the_first_wait_and_all_who_wait_share_one_fetch():
    async def run():
        cloud = Cloud()
        assert cloud.source.ready() is None
        found = await asyncio.gather(*(cloud.source.prepare() for _ in range(20)))
        assert {token(one) for one in found} == {"t1"}
        assert (cloud.fetched, token(cloud.source.ready())) == (1, "t1")

    asyncio.run(run())


def test_it_is_renewed_in_the_background_before_it_ends():
    async def run():
        cloud = Cloud()
        await cloud.source.prepare()
        cloud.now_s += cloud.life_s - AHEAD_S - 1
        assert (token(cloud.source.ready()), cloud.fetched) == ("t1", 1)
        cloud.now_s += 1
        assert token(cloud.source.ready()) == "t1"
        await cloud.settled()
        assert token(cloud.source.ready()) == "t2"

    asyncio.run(run())


def test_a_short_life_is_renewed_in_its_last_fifth():
    async def run():
        cloud = Cloud(life_s=50)
        await cloud.source.prepare()
        cloud.now_s += 39
        cloud.source.ready()
        await cloud.settled()
        assert cloud.fetched == 1
        cloud.now_s += 1
        cloud.source.ready()
        await cloud.settled()
        assert cloud.fetched == 2

    asyncio.run(run())


def test_a_renewal_that_fails_keeps_the_old_one_and_pauses():
    async def run():
        cloud = Cloud()
        await cloud.source.prepare()
        cloud.down, cloud.now_s = True, cloud.now_s + cloud.life_s - AHEAD_S
        for _ in range(3):
            assert token(cloud.source.ready()) == "t1"
            await cloud.settled()
        assert cloud.fetched == 2
        cloud.now_s += PAUSE_S
        cloud.source.ready()
        await cloud.settled()
        assert cloud.fetched == 3
        cloud.now_s += AHEAD_S
        assert cloud.source.ready() is None
        with pytest.raises(UpstreamAuthError, match="down"):
            await cloud.source.prepare()
        cloud.down = False
        assert token(await cloud.source.prepare()) == "t5"

    asyncio.run(run())


def test_a_client_that_leaves_does_not_take_the_fetch_with_it():
    async def run():
        cloud = Cloud()
        waiting = asyncio.create_task(cloud.source.prepare())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert token(await cloud.source.prepare()) == "t1"
        assert cloud.fetched == 1

    asyncio.run(run())


def test_a_token_that_has_ended_already_is_an_error_and_never_sent():
    async def run():
        cloud = Cloud(life_s=-1)
        with pytest.raises(UpstreamAuthError, match="expired already"):
            await cloud.source.prepare()

    asyncio.run(run())
