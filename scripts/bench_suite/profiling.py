"""Where a call's microseconds go: first by thread, as the kernel counts them (threads.py), then by what held Python's
interpreter, as py-spy sees it from outside, 500 times a second.

Only the thread that holds the interpreter is looked at: one that waits is not always told from one that runs. So what
runs without the interpreter is left out there: system calls, and C code that lets go of it (SQLite, gRPC, TLS). Other C
code counts for the Python function that called it. A thread that holds the interpreter and waits for a core holds it.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench_suite import measures, threads
from bench_suite.measures import Figures
from bench_suite.processes import BenchError
from bench_suite.targets import Surroundings, Target

CONCURRENCY = 16
_LOOKS_PER_S = 500
_WRITE_S = 60.0
_LONG_S = 86_400
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


def lines(samples: Iterable[str], look_us: float) -> list[str]:
    """``samples`` are py-spy's raw lines: a thread and frames from the outermost on, and how often they were seen.
    ``look_us``: what having been seen once means for each call."""
    holders: Counter[str] = Counter()
    rooms: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for sample in samples:
        stack, _, seen = sample.rpartition(" ")
        frames = stack.split(";")
        times = int(seen)
        if thread := _THREAD.search(stack):
            holders[thread["name"] or "without a name"] += times
        frame = _FRAME.match(frames[-1])
        file = frame["file"] if frame else ""
        rooms[room_of(file)] += times
        functions[f"{room_of(file)}: {Path(file).name} {frame['function'] if frame else frames[-1]}"] += times
    whole = sum(rooms.values())

    def block(title: str, counted: Counter[str], most: int) -> list[str]:
        rows = [f"  {n * look_us:8.1f}  {n / whole:6.1%}  {name}" for name, n in counted.most_common(most)]
        return [f"  {'µs/call':>8}  {'share':>6}  {title}", *rows, ""]

    return [
        f"  the interpreter was held for {whole * look_us:.0f} µs per call; what needs no interpreter is left out:",
        "  system calls, SQLite, gRPC",
        *block("thread", holders, _MOST_ROOMS),
        *block("room", rooms, _MOST_ROOMS),
        *block("function", functions, _MOST_FUNCTIONS),
    ]


def profile(target: Target, around: Surroundings, streams: bool, seconds: float) -> list[str]:
    """Starts the target for this alone. Raises BenchError."""
    measure: Callable[[Target, int, float], Figures] = measures.fast_streams if streams else measures.json_calls
    raw = around.folder / f"{target.name}.raw"
    program = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")
    if program is None:
        raise BenchError("py-spy is not installed (pip install py-spy)")
    target.up(around)
    try:
        if target.process is None:
            raise BenchError(f"{target.name} has no process to look into")
        measure(target, CONCURRENCY, min(seconds, 1.0))
        # Not while py-spy looks: it stops the threads each time.
        pids = target.process.pids()
        before = threads.usages(pids)
        figures = measure(target, CONCURRENCY, seconds)
        after = threads.usages(pids)
        called = threads.names(program, pids)
        with _looking(program, target.process.pid, raw):
            looked_at = measure(target, CONCURRENCY, seconds)
    finally:
        target.down()
    call_us, calls = 1000 * figures["cpu_ms_per_call"], figures["calls"]
    # The share of the looks that found it held is the share of the time in which it is, whether somebody looks or not.
    looks = _LOOKS_PER_S * looked_at["calls"] / looked_at["calls_per_s"]
    look_us = 1e6 / looks / figures["calls_per_s"]
    what = "streams of 100 chunks" if streams else "JSON calls"
    return [
        f"{target.name}: {call_us:.0f} µs of CPU per call, {what}, c={CONCURRENCY} ({calls:.0f} calls)",
        *threads.lines(before, after, called, calls),
        *lines(raw.read_text().splitlines(), look_us),
    ]


@contextmanager
def _looking(program: str, pid: int, raw: Path) -> Iterator[None]:
    """Looks as long as the block runs: what is idle before and after is not seen."""
    command = [
        *(program, "record", "--pid", str(pid), "--subprocesses", "--format", "raw", "--output", str(raw)),
        *("--rate", str(_LOOKS_PER_S), "--duration", str(_LONG_S), "--gil"),
        *("--threads", "--function", "--full-filenames"),
    ]
    looking = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = ""
    try:
        assert looking.stdout is not None
        while "Sampling" not in said and (line := looking.stdout.readline()):
            said += line
        if "Sampling" in said:
            yield
            looking.send_signal(signal.SIGINT)
        said += looking.communicate(timeout=_WRITE_S)[0]
    finally:
        looking.kill()
    if looking.returncode != 0 or not raw.exists():
        # Some containers forbid one process to look into another, even to root.
        raise BenchError(f"py-spy could not look into the proxy: {said.strip()[-500:]}")
