"""The addon: options, start, reload and stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from pathlib import Path

from mitmproxy import addonmanager, ctx, exceptions

from agw import fastpath
from agw.attempts.health import Fleet
from agw.config import load
from agw.config.snapshot import Snapshot
from agw.credentials import Credentials
from agw.errors import ConfigError
from agw.hooks import answers, options, ports, reload, sharing
from agw.hooks.calls import Calls
from agw.hooks.drain import tell
from agw.hooks.recording import Recording
from agw.hooks.served import Served
from agw.journal import Keep
from agw.journal.place import journal_of
from agw.record import CallError

logger = logging.getLogger("agw")

_YOUNG_OBJECTS = 20_000
"""More than a busy gateway has of them under way; a collection of so many takes some 7 ms."""


class Gateway(Calls):
    """One running gateway."""

    name = "agentgateway"

    def __init__(self) -> None:
        super().__init__()
        self._recording: Recording | None = None
        self._first: Snapshot | None = None
        self._fleet = Fleet()
        self._credentials = Credentials(os.environ)
        self._file = ""
        self._configured = self._refused = False
        self._ports = ports.Ports()
        self._watcher: asyncio.Task[None] | None = None
        self._fast: fastpath.FastPath | None = None

    # --- start and stop

    def load(self, loader: addonmanager.Loader) -> None:
        # Configuring follows in the same step of the loop, unless another script fails over the options' change.
        ctx.master.event_loop.call_soon(self._must_be_configured)
        options.declare(loader)
        if told := options.take_unreadable(ctx.options):
            self._refuse("\n".join(told))

    def _must_be_configured(self) -> None:
        if not self._configured and not self._refused:
            self._refuse("the gateway was not set up: another script (-s) did not let mitmproxy take the options")

    def configure(self, updated: set[str]) -> None:
        self._configured = True
        if self._refused:
            return
        try:
            options.check_counts(ctx.options)
            self._configure(updated)
        except exceptions.OptionsError as error:
            if self._served is not None:
                raise
            self._refuse(str(error))

    def _configure(self, updated: set[str]) -> None:
        options.set_log_levels(ctx.options)
        if "agwbreak" in updated:
            self._breakpoints.configure(ctx.options.agwbreak)
        if "mode" in updated:
            self._ports.modes_changed()
        if "agwconfig" not in updated or self._file == ctx.options.agwconfig != "":
            return
        if self._served is not None:
            raise exceptions.OptionsError("agwconfig cannot be changed while the gateway runs; restart it")
        ports.keep_default_port_shut()
        self._file = ctx.options.agwconfig
        if not self._file:
            self._refuse("no config file: start with --set agwconfig=FILE (config/quickstart.yaml is one to try)")
            return
        try:
            self._first = load(self._path, dict(os.environ))
        except ConfigError as error:
            self._refuse("\n".join(str(problem) for problem in error.problems))

    @property
    def _path(self) -> str:
        return str(Path(self._file).expanduser())

    def _refuse(self, message: str) -> None:
        # mitmproxy leaves with a non-zero status when an error is logged while it starts, but opens its ports first.
        self._refused = True
        logger.error(message)
        ports.open_nothing()

    async def running(self) -> None:
        if self._first is None or self._refused or self._served is not None:
            return
        ports.raise_file_limit()
        self._looking.start()
        self._breakpoints.start()
        if ctx.options.agwfastpath:
            without = os.environ.get("AGW_FASTPATH_WITHOUT", "").split(",")
            self._fast = fastpath.install(ctx.master, without=without, ask=sharing.share)
        # Before the ports: the first call may come the moment that they open, and the order to stop with it.
        keep = Keep(ctx.options.agwkeepdays, ctx.options.agwkeepmb)
        path = journal_of(ctx.options.agwstate, self._first.database)
        self._recording = Recording(os.environ, path, keep, self._looking.told)
        self._recording.under_way = lambda: len(self._under_way)
        self._recording.loop_lag.start()
        self._served = Served(self._first, os.environ, self._recording, self._fleet, self._credentials)
        self._drain.listen()
        problems = await self._ports.open(self._first)
        if problems:
            for problem in problems:
                logger.error(problem)
            return
        ports.warn_of_open_routes(self._first)
        self._admin.serve(self._first.admin)
        self._watcher = asyncio.create_task(
            reload.watch(self._path, self._first.files, self._swap, self._keep), name="agw config watcher"
        )
        tell("READY=1")
        # What was made while starting lives as long as the process: no need to look at it again.
        gc.collect()
        gc.freeze()
        # What waits to be written and sent is young and no garbage: to look at it every 2,000 objects finds nothing.
        gc.set_threshold(_YOUNG_OBJECTS)

    async def _swap(self, snapshot: Snapshot) -> None:
        before = self._served
        if before is None:
            return
        problems = await self._ports.open(snapshot)
        if problems:
            logger.error("config not taken, the old one stays: " + "; ".join(problems))
            await self._ports.open(before.snapshot)
            return
        self._served = Served(snapshot, os.environ, before.recording, self._fleet, self._credentials, before)
        if self._fast is not None:
            self._fast.config_changed()
        self._admin.serve(snapshot.admin)
        logger.info(f"config reloaded: {self._file}")

    def _keep(self, error: ConfigError) -> None:
        logger.error("config not taken, the old one stays:\n" + "\n".join(str(problem) for problem in error.problems))

    async def done(self) -> None:
        self._admin.close()
        if self._watcher is not None:
            self._watcher.cancel()
        if self._fast is not None:
            self._fast.remove()
        for plan in list(self._under_way.values()):
            answers.finish(plan, CallError("gateway_stopped", "the gateway was stopped"), broken_off=True)
        self._under_way.clear()
        if self._recording is not None:
            self._recording.loop_lag.stop()
            await asyncio.to_thread(self._recording.close)
