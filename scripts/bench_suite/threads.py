"""What each thread of a process costs, as the kernel counts it: time on a core, and how often it was given up.

A thread that ends meanwhile is not in it. The kernel does not know Python's names of threads; py-spy finds them out.
Where it cannot (a library's thread, a container with ids of its own), the kernel's name or the id stands.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

_TICK_US = 1e6 / os.sysconf("SC_CLK_TCK")
_SWITCHES = re.compile(r"^(?:non)?voluntary_ctxt_switches:\s+(\d+)", re.MULTILINE)
_DUMP_S = 30.0


class Usage(NamedTuple):
    """``switches``: how often it gave up the core, or was made to."""

    user_us: float
    system_us: float
    switches: int


NOTHING = Usage(0.0, 0.0, 0)


def usages(pids: Iterable[int]) -> dict[int, Usage]:
    """By the threads' ids, since their beginning."""
    found = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                with contextlib.suppress(OSError):
                    fields = (task / "stat").read_text().rpartition(")")[2].split()
                    switches = sum(int(one) for one in _SWITCHES.findall((task / "status").read_text()))
                    found[int(task.name)] = Usage(int(fields[11]) * _TICK_US, int(fields[12]) * _TICK_US, switches)
    return found


def names(program: str, pids: Iterable[int]) -> dict[int, str]:
    """By the threads' ids; ``program`` is py-spy, which tells what it can."""
    found = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            process = _kernel_name(Path(f"/proc/{pid}"))
            for task in Path(f"/proc/{pid}/task").iterdir():
                own = _kernel_name(task)
                found[int(task.name)] = own if own != process else f"thread {task.name}"
        command = [program, "dump", "--json", "--pid", str(pid)]
        with contextlib.suppress(OSError, ValueError, subprocess.TimeoutExpired):
            told = subprocess.run(command, capture_output=True, text=True, timeout=_DUMP_S, check=False).stdout
            for one in json.loads(told):
                if one["os_thread_id"] in found and one["thread_name"]:
                    found[one["os_thread_id"]] = one["thread_name"]
    return found


def lines(
    before: Mapping[int, Usage], after: Mapping[int, Usage], called: Mapping[int, str], calls: float
) -> list[str]:
    """The table of what ``calls`` cost each thread, the greatest first. Threads that did nothing are left out."""
    costs: dict[str, Usage] = {}
    for thread, now in after.items():
        name, then = called.get(thread, f"thread {thread}"), before.get(thread, NOTHING)
        so_far = costs.get(name, NOTHING)
        costs[name] = Usage(
            so_far.user_us + now.user_us - then.user_us,
            so_far.system_us + now.system_us - then.system_us,
            so_far.switches + now.switches - then.switches,
        )
    rows = [
        f"  {one.user_us / calls:8.1f}  {one.system_us / calls:8.1f}  {one.switches / calls:8.2f}  {name}"
        for name, one in sorted(costs.items(), key=lambda item: -item[1].user_us - item[1].system_us)
        if any(one)
    ]
    return [f"  {'user µs':>8}  {'system':>8}  {'switches':>8}  thread, for each call", *rows, ""]


def _kernel_name(folder: Path) -> str:
    return (folder / "comm").read_text().strip()
