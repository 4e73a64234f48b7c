"""Where a call's microseconds go: the proxy under py-spy, which looks at all its threads from outside, 500 times a
second, and costs it next to nothing.

Shares of what ran on a core are turned into microseconds by what a call costs in all. What is written in C counts for
the Python function that called it.
"""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench_suite import measures
from bench_suite.measures import Figures
from bench_suite.processes import BenchError
from bench_suite.targets import Surroundings, Target

CONCURRENCY = 16
_LOOKS_PER_S = 500
_WRITE_S = 60.0
_MOST_ROOMS, _MOST_FUNCTIONS = 20, 25
_FRAME = re.compile(r"(?P<function>.+) \((?P<file>[^()]*)\)$")
_THREAD = re.compile(r"(?:^|;)thread \(\w+\)(?:: (?P<name>[^;]*))?;")
_ROOMS = (
    (re.compile(r"/(agw/[a-z_0-9]+)(?:/|\.py)"), r"\1"),
    (re.compile(r"/site-packages/(mitmproxy/[a-z_0-9]+(?:/layers)?)"), r"\1"),
    (re.compile(r"/site-packages/([^/]+?)(?:/|\.py)"), r"\1"),
    (re.compile(r"/python[0-9.]+/([a-z_0-9]+)(?:/|\.py)"), r"python \1"),
)


def room_of(file: str) -> str:
    """A folder of the gateway's, a part of mitmproxy, a library, or a module of Python's own."""
    for pattern, name in _ROOMS:
        if found := pattern.search(file):
            return found.expand(name)
    return Path(file.partition(":")[0]).name or "other"


def lines(samples: Iterable[str], call_us: float) -> list[str]:
    """``samples`` are py-spy's raw lines: a thread and frames from the outermost on, and how often they were seen."""
    threads: Counter[str] = Counter()
    rooms: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for sample in samples:
        stack, _, seen = sample.rpartition(" ")
        frames = stack.split(";")
        times = int(seen)
        if thread := _THREAD.search(stack):
            threads[thread["name"] or "without a name"] += times
        frame = _FRAME.match(frames[-1])
        file = frame["file"] if frame else ""
        rooms[room_of(file)] += times
        functions[f"{room_of(file)}: {Path(file).name} {frame['function'] if frame else frames[-1]}"] += times
    whole = sum(rooms.values()) or 1

    def block(title: str, counted: Counter[str], most: int) -> list[str]:
        rows = [f"  {n / whole * call_us:8.1f}  {n / whole:6.1%}  {name}" for name, n in counted.most_common(most)]
        return [f"  {'µs/call':>8}  {'share':>6}  {title}", *rows, ""]

    return [
        *block("thread", threads, _MOST_ROOMS),
        *block("room", rooms, _MOST_ROOMS),
        *block("function", functions, _MOST_FUNCTIONS),
    ]


def profile(target: Target, around: Surroundings, streams: bool, seconds: float) -> list[str]:
    """Starts the target for this alone. Raises BenchError."""
    measure: Callable[[Target, int, float], Figures] = measures.fast_streams if streams else measures.json_calls
    raw = around.folder / f"{target.name}.raw"
    target.up(around)
    try:
        if target.process is None:
            raise BenchError(f"{target.name} has no process to look into")
        measure(target, CONCURRENCY, min(seconds, 1.0))
        with _looking(target.process.pid, raw, seconds):
            figures = measure(target, CONCURRENCY, seconds)
    finally:
        target.down()
    call_us = 1000 * figures["cpu_ms_per_call"]
    what = "streams of 100 chunks" if streams else "JSON calls"
    head = f"{target.name}: {call_us:.0f} µs of CPU per call, {what}, c={CONCURRENCY} ({figures['calls']:.0f} calls)"
    return [head, *lines(raw.read_text().splitlines(), call_us)]


@contextmanager
def _looking(pid: int, raw: Path, seconds: float) -> Iterator[None]:
    program = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")
    if program is None:
        raise BenchError("py-spy is not installed (pip install py-spy)")
    command = [
        *(program, "record", "--pid", str(pid), "--subprocesses", "--format", "raw", "--output", str(raw)),
        *("--rate", str(_LOOKS_PER_S), "--duration", str(max(1, math.ceil(seconds)))),
        *("--threads", "--function", "--full-filenames"),
    ]
    looking = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        yield
        _, said = looking.communicate(timeout=_WRITE_S)
    finally:
        looking.kill()
    if looking.returncode != 0 or not raw.exists():
        # Some containers forbid one process to look into another, even to root.
        raise BenchError(f"py-spy could not look into the proxy: {said.strip()[-500:]}")
