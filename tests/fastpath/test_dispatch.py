"""Add-ons are asked as mitmproxy asks them: each test runs on mitmproxy's own manager and on the fast path's table."""

from __future__ import annotations

import asyncio
import logging
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from mitmproxy import exceptions, hooks
from mitmproxy.addons.anticache import AntiCache
from mitmproxy.addons.onboarding import Onboarding
from mitmproxy.addons.script import ScriptLoader
from mitmproxy.http import HTTPFlow
from mitmproxy.proxy.layers.http import HttpRequestHook
from mitmproxy.test import taddons, tflow

from agw.fastpath import dispatch
from agw.fastpath.dispatch import Dispatch

Ask = Callable[[hooks.Hook], None]


class Way:
    """A master with its add-ons, asked in mitmproxy's way or in ours."""

    def __init__(self, fast: bool, context: taddons.context) -> None:
        self.context = context
        self.addons = context.master.addons
        self.table = Dispatch(self.addons) if fast else None

    async def life_cycle(self, event: hooks.Hook) -> None:
        await (self.table or self.addons).handle_lifecycle(event)

    async def request(self) -> HTTPFlow:
        flow = tflow.tflow()
        await self.life_cycle(HttpRequestHook(flow))
        return flow


@pytest.fixture(params=[False, True], ids=["mitmproxy", "fast"])
def run(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    def go(test: Callable[[Way], Any]) -> Any:
        async def inside() -> Any:
            with taddons.context() as context:
                return await test(Way(request.param, context))

        return asyncio.run(inside())

    yield go


class Named:
    """An add-on that writes down what it was asked."""

    def __init__(self, name: str, log: list[str], children: list[Any] | None = None) -> None:
        self.name = name
        self._log = log
        if children is not None:
            self.addons = children

    def request(self, flow: HTTPFlow) -> None:
        self._log.append(self.name)


class Waiting(Named):
    async def request(self, flow: HTTPFlow) -> None:  # type: ignore[override]
        self._log.append(f"{self.name} begins")
        await asyncio.sleep(0.001)
        self._log.append(f"{self.name} ends")


class Later(Named):
    def request(self, flow: HTTPFlow) -> Any:  # type: ignore[override]
        return Waiting(self.name, self._log).request(flow)


class Failing(Named):
    def request(self, flow: HTTPFlow) -> None:
        super().request(flow)
        raise ValueError(f"{self.name} fails")


class FailingLater(Named):
    async def request(self, flow: HTTPFlow) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        raise ValueError(f"{self.name} fails")


class Halting(Named):
    def request(self, flow: HTTPFlow) -> None:
        super().request(flow)
        raise exceptions.AddonHalt


def test_all_are_asked_in_order_each_before_its_children(run: Any) -> None:
    async def test(way: Way) -> None:
        log: list[str] = []
        child = Named("b2", log, [Named("b2a", log)])
        way.addons.add(Named("a", log), Named("b", log, [Named("b1", log), child]), Named("c", log))
        await way.request()
        assert log == ["a", "b", "b1", "b2", "b2a", "c"]

    run(test)


@pytest.mark.parametrize("kind", [Waiting, Later])
def test_what_is_awaitable_is_awaited_before_the_next_is_asked(run: Any, kind: type[Named]) -> None:
    async def test(way: Way) -> None:
        log: list[str] = []
        way.addons.add(Named("a", log), kind("b", log), Named("c", log), kind("d", log))
        await way.request()
        assert log == ["a", "b begins", "b ends", "c", "d begins", "d ends"]

    run(test)


@pytest.mark.parametrize("kind", [Failing, FailingLater])
def test_an_error_is_logged_and_ends_its_group_only(
    run: Any, kind: type[Named], caplog: pytest.LogCaptureFixture
) -> None:
    async def test(way: Way) -> None:
        log: list[str] = []
        way.addons.add(Named("a", log, [kind("a1", log), Named("a2", log)]), Named("b", log))
        await way.request()
        assert [name for name in log if name != "a1"] == ["a", "b"]

    run(test)
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == "Addon error: a1 fails"
    trace = record.exc_info[2] if record.exc_info else None
    assert trace is not None
    assert trace.tb_frame.f_code.co_name == "request", "the traceback begins in the add-on"


def test_a_halt_ends_all(run: Any) -> None:
    async def test(way: Way) -> None:
        log: list[str] = []
        way.addons.add(Halting("a", log, [Named("a1", log)]), Named("b", log))
        await way.request()
        assert log == ["a"]

    run(test)


def test_an_options_error_goes_through(run: Any) -> None:
    async def test(way: Way) -> None:
        class Refusing:
            def request(self, flow: HTTPFlow) -> None:
                raise exceptions.OptionsError("no")

        way.addons.add(Refusing())
        with pytest.raises(exceptions.OptionsError):
            await way.request()

    run(test)


def test_what_cannot_be_called_is_an_error_and_a_module_by_the_hook_s_name_is_none(
    run: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def test(way: Way) -> None:
        log: list[str] = []
        module, wrong = types.ModuleType("script"), types.ModuleType("wrong")
        module.request = types.ModuleType("request")  # type: ignore[attr-defined]
        wrong.request = 7  # type: ignore[attr-defined]
        module.name, wrong.name = "script", "wrong"  # type: ignore[attr-defined]
        way.addons.chain += [module, wrong, Named("a", log)]
        await way.request()
        assert log == ["a"]

    run(test)
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "not callable" in record.getMessage()


def test_update_follows_for_flows_only(run: Any) -> None:
    async def test(way: Way) -> None:
        log: list[Any] = []

        class Updated:
            def update(self, flows: list[HTTPFlow]) -> None:
                log.append(list(flows))

            def configure(self, updated: set[str]) -> None: ...

        way.addons.add(Updated())
        flow = await way.request()
        assert log == [[flow]]
        await way.life_cycle(hooks.ConfigureHook({"x"}))
        assert log == [[flow]]

    run(test)


def test_add_ons_that_come_and_go_are_seen_at_once(run: Any) -> None:
    async def test(way: Way) -> None:
        log: list[str] = []
        a, parent = Named("a", log), Named("p", log, [])
        way.addons.add(a, parent)
        await way.request()
        way.addons.add(Named("b", log))
        parent.addons.append(Named("p1", log))
        await way.request()
        way.addons.remove(a)
        parent.addons = [Named("p2", log)]
        await way.request()
        assert log == ["a", "p", "a", "p", "p1", "b", "p", "p2", "b"]

    run(test)


def test_a_hook_put_on_later_is_seen(run: Any) -> None:
    async def test(way: Way) -> None:
        log: list[str] = []

        class Empty:
            pass

        empty: Any = Empty()
        way.addons.add(empty)
        await way.request()
        empty.request = lambda flow: log.append("now")
        await way.request()
        del empty.request
        await way.request()
        assert log == ["now"]

    run(test)


def test_a_script_that_is_loaded_and_unloaded_by_an_option_is_seen(run: Any, tmp_path: Any) -> None:
    script = tmp_path / "script.py"
    script.write_text("def request(flow):\n    flow.comment += 'seen'\n")

    async def test(way: Way) -> None:
        way.addons.add(ScriptLoader())
        assert (await way.request()).comment == ""
        way.context.options.update(scripts=[str(script)])
        await asyncio.sleep(0.05)  # mitmproxy loads it in a task
        assert (await way.request()).comment == "seen"
        way.context.options.update(scripts=[])
        assert (await way.request()).comment == ""

    run(test)


def test_a_built_in_add_on_is_asked_from_the_moment_its_option_is_set(run: Any) -> None:
    async def test(way: Way) -> None:
        way.addons.add(AntiCache())

        async def asked() -> bool:
            flow = tflow.tflow()
            flow.request.headers["if-none-match"] = "x"
            await way.life_cycle(HttpRequestHook(flow))
            return "if-none-match" not in flow.request.headers

        assert not await asked()
        way.context.options.anticache = True
        assert await asked()
        way.context.options.anticache = False
        assert not await asked()

    run(test)


def test_the_onboarding_page_is_served_and_costs_no_task_otherwise(run: Any) -> None:
    async def test(way: Way) -> None:
        way.addons.add(Onboarding())
        flow = tflow.tflow(live=True)
        flow.request.host = "mitm.it"
        await way.life_cycle(HttpRequestHook(flow))
        assert flow.response is not None
        if way.table is not None:
            assert way.table.begin(HttpRequestHook(tflow.tflow())) is None

    run(test)


def test_plain_hooks_leave_nothing_to_await() -> None:
    async def test() -> None:
        with taddons.context() as context:
            log: list[str] = []
            context.master.addons.add(Named("a", log))
            table = Dispatch(context.master.addons)
            assert table.begin(HttpRequestHook(tflow.tflow())) is None
            assert log == ["a"]
            context.master.addons.add(Waiting("b", log))
            rest = table.begin(HttpRequestHook(tflow.tflow()))
            assert log == ["a", "a"], "a coroutine function is not even begun outside its task"
            assert rest is not None
            await rest
            assert log == ["a", "a", "b begins", "b ends"]

    asyncio.run(test())


def test_only_what_it_leans_on_is_named() -> None:
    assert all(callable(thing) for thing in dispatch.LEANS_ON)
