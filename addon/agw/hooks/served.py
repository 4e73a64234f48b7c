"""One config in service: its snapshot, its routes, its finishers. A call keeps the one that it began with."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from agw.attempts.health import Fleet
from agw.attempts.retry import Budget
from agw.attempts.tries import Candidate, Clock
from agw.config.guard_rules import PromptGuard
from agw.config.snapshot import Backend, Policies, Route, Sampling, Snapshot, Target
from agw.content.levels import Level
from agw.credentials import Credentials
from agw.hooks.recording import Recording
from agw.policies.facts import RequestView, variables_before
from agw.policies.gates import Gates
from agw.record import Call, CallRecord, SpanIds
from agw.record.transient import Transient
from agw.recorder.finish import finishers_of
from agw.routing import Router
from agw.telemetry import sampling
from agw.telemetry.selection import reads_content

_ALL = Sampling(random=1.0, client=1.0)
"""Where there are destinations and no ``config.tracing``: each of them draws for itself."""


class Served:
    """``recording``, ``fleet`` and ``credentials`` outlive it: they are one for the whole run, so that destinations,
    what is known of the targets' health, and tokens do not begin anew with every saved config."""

    def __init__(
        self,
        snapshot: Snapshot,
        environ: Mapping[str, str],
        recording: Recording,
        fleet: Fleet,
        credentials: Credentials,
        before: Served | None = None,
    ) -> None:
        self.snapshot = snapshot
        self.router = Router(snapshot)
        self.capture_content = snapshot.content_needed is not Level.NONE or reads_content(snapshot)
        self.calls_under_way = 0
        self.clock = Clock(time.time_ns, time.monotonic)
        self.since_ns = time.time_ns()
        self.gates: Gates = Gates(snapshot, self.clock.monotonic_s, None if before is None else before.gates)
        if before is not None:
            before.gates.retire(self.gates)
        self.fleet = fleet
        self.credentials = credentials
        self.retry_budget = Budget()
        # By identity: the snapshot keeps both alive, and both are too large to be compared at every call.
        self._policies: dict[tuple[int, int], Policies] = {}
        self._candidates: dict[tuple[int, int], list[list[Candidate]]] = {}
        self._prompt_guards: dict[tuple[int, int], tuple[PromptGuard, ...]] = {}
        self._finishers = finishers_of(snapshot, recording.prices)
        self._random = random.Random(random.SystemRandom().getrandbits(128))
        self.recording = recording
        recording.serve(snapshot)

    def policies(self, target: Target, route: Route) -> Policies:
        """The target's over the route's, merged once for each pair."""
        pair = (id(target), id(route))
        found = self._policies.get(pair)
        if found is None:
            found = self._policies[pair] = target.policies.over(route.policies)
        return found

    def candidates(self, backend: Backend, route: Route) -> list[list[Candidate]]:
        """The backend's targets by priority, as the route has them; made once for each pair."""
        pair = (id(backend), id(route))
        found = self._candidates.get(pair)
        if found is None:
            place = f"{route.name}/{backend.name}"
            found = self._candidates[pair] = [
                [Candidate(f"{place}/{target.name}/{target.provider}", target) for target in group]
                for group in backend.groups
            ]
        return found

    def prompt_guards(self, backend: Backend, route: Route) -> tuple[PromptGuard, ...]:
        """Those of all targets that might get the prompt; found once for each pair."""
        pair = (id(backend), id(route))
        found = self._prompt_guards.get(pair)
        if found is None:
            every = [self.policies(one, route).prompt_guard for group in backend.groups for one in group]
            wanted = [one for one in dict.fromkeys(every) if one is not None and one.request]
            found = self._prompt_guards[pair] = tuple(wanted)
        return found

    def random(self) -> float:
        return self._random.random()

    def span_ids(
        self, traceparent: str | None, tracestate: str | None, view: Callable[[], RequestView] = RequestView
    ) -> SpanIds:
        """``view`` is asked where the config's sampling is an expression."""
        tracing = self.snapshot.tracing
        said = tracing.sampling if tracing is not None else _ALL if self.snapshot.destinations else None
        return sampling.start(traceparent, tracestate, said, self._random, lambda: variables_before(view()))

    def sibling_ids(self, ids: SpanIds) -> SpanIds:
        """Another span of the same trace, below the same parent."""
        return replace(ids, span_id=f"{self._random.getrandbits(64) or 1:016x}")

    def begin(self, call: Call) -> None:
        """A call was forwarded; never blocks, never raises."""
        self.recording.recorder.begin(call)

    def put(self, record: CallRecord, transient: Transient) -> None:
        """Hands a finished call's record on; never blocks, never raises."""
        self.calls_under_way -= 1
        self.recording.recorder.put(record, transient, self._finishers)
