"""Ids are random UUIDs as mitmproxy's own, and no two are the same, in a forked process neither."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

from agw.fastpath.ids import Ids


def test_they_are_random_uuids_in_their_usual_form() -> None:
    ids = Ids()
    made = [ids.uuid4() for _ in range(1000)]
    assert len(set(made)) == 1000
    for text in made:
        read = uuid.UUID(text)
        assert (str(read), read.version, read.variant) == (text, 4, uuid.RFC_4122)
    assert {text[19] for text in made} == set("89ab")


FORKS = """
import os
from agw.fastpath.ids import Ids
ids = Ids()
ids.uuid4()
child = os.fork()
os.write(1, ids.uuid4().encode() + b" ")
if child:
    os.wait()
"""


def test_a_forked_process_makes_others() -> None:
    addon = str(Path(__file__).resolve().parents[2] / "addon")
    done = subprocess.run(
        [sys.executable, "-c", FORKS],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": addon},
    )
    assert len(set(done.stdout.split())) == 2
