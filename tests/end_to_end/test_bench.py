"""scripts/bench measures what it says; its figures are no test's business, its counts are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.gateway import ROOT


def bench(folder: Path, *arguments: str, quick: bool = True) -> tuple[dict[str, Any], str]:
    file = folder / "bench.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench_suite", *(["--quick"] if quick else []), "--json", str(file), *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        timeout=120 if quick else 600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(file.read_text()), done.stdout


def test_many_streams_give_no_error_and_exactly_one_span_each(tmp_path: Path) -> None:
    found, _ = bench(tmp_path, "--targets", "gateway", "--only", "many")
    (figures,) = found["figures"]["100 streams at once"].values()
    assert figures["errors"]["median"] == 0
    assert figures["streams"]["median"] == 100
    assert figures["spans"]["median"] == 100


@pytest.mark.slow
def test_a_thousand_streams_and_twenty_thousand_calls_lose_nothing_and_keep_nothing(tmp_path: Path) -> None:
    found, _ = bench(tmp_path, "--targets", "gateway", "--only", "many,memory", "--rounds", "0", quick=False)
    (streams,) = found["figures"]["1000 streams at once"].values()
    assert (streams["errors"]["median"], streams["streams"]["median"], streams["spans"]["median"]) == (0, 1000, 1000)
    (memory,) = found["figures"]["memory over 20000 calls"].values()
    # A record that is kept would be 10 MB and more; pages that come and go are 1.
    assert memory["slope_mb_per_10000"]["median"] < 3
    assert memory["rss_mb"]["median"] < 250


def test_it_compares_with_bare_mitmdump_in_a_table_and_in_json(tmp_path: Path) -> None:
    picture = tmp_path / "bench.png"
    found, table = bench(tmp_path, "--targets", "direct,bare,gateway", "--only", "json", "--plot", str(picture))
    assert picture.read_bytes().startswith(b"\x89PNG")
    figures = found["figures"]["JSON calls, c=16"]
    assert all(target["errors"]["median"] == 0 for target in figures.values())
    assert figures["gateway"]["calls_per_cpu_s"]["x_bare"]["median"] > 0
    assert set(figures) == {"direct", "bare", "gateway"}
    assert "JSON calls, c=16" in table


@pytest.mark.parametrize("wrong", [("--targets", "nothing"), ("--only", "nothing")])
def test_what_it_does_not_know_is_said(tmp_path: Path, wrong: tuple[str, str]) -> None:
    with pytest.raises(AssertionError, match="no such"):
        bench(tmp_path, *wrong)
