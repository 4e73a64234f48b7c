"""A gateway's record path in a process that is killed: appends numbered calls, sends them, and tells what it promised.

``python killed_child.py JOURNAL ENDPOINT FIRST COUNT [POINT NTH]`` prints each number once its append has returned.
With a POINT it kills itself at the NTH time that it comes there; else it goes on until somebody kills it, or drains.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from agw.config.snapshot import Tracing
from agw.destinations.otlp import OtlpReceiver
from agw.destinations.worker import Worker
from agw.journal import Journal, Keep
from agw.journal.store import Store
from support.records import numbered, with_content

POINTS = (
    "before append",
    "in append",
    "after append",
    "before send",
    "after send",
    "before acknowledge",
    "after acknowledge",
    "before flush",
    "after flush",
)


def main(path: str, endpoint: str, first: str, count: str, point: str = "", nth: str = "1") -> None:
    left = {point: int(nth)}
    lock = threading.Lock()

    def here(name: str) -> None:
        with lock:
            if name in left:
                left[name] -= 1
                if left[name] <= 0:
                    os.kill(os.getpid(), signal.SIGKILL)

    def around(kind: type, method: str, name: str) -> None:
        inner = getattr(kind, method)

        def wrapped(*arguments: Any, **more: Any) -> Any:
            here(f"before {name}")
            done = inner(*arguments, **more)
            here(f"after {name}")
            return done

        setattr(kind, method, wrapped)

    around(Store, "append", "append")
    around(Worker, "_send", "send")
    around(Store, "acknowledge", "acknowledge")
    around(Store, "flush", "flush")
    inner = Store._write_cursors

    def within(self: Store, db: Any) -> None:
        here("in append")
        inner(self, db)

    Store._write_cursors = within  # type: ignore[method-assign]
    receiver = OtlpReceiver(Tracing(endpoint, "http"))
    journal = Journal(Path(path), keep=Keep(0, 0), on_trouble=lambda told: print(told, file=sys.stderr))
    worker = Worker(receiver, journal.backlogs, environ={}, on_trouble=lambda told: None, linger_s=0.005)
    journal.serve([receiver.name], worker.wake)
    for number in range(int(first), int(first) + int(count)):
        journal.append((), [with_content(numbered(number), f"{number} " * 100)])
        print(number, flush=True)
        if number % 7 == 0:
            journal.idle()
        time.sleep(0.002)
    worker.flush(30)
    worker.close(5)
    journal.close()
    print("drained", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
