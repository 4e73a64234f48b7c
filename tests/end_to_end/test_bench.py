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


def bench(folder: Path, *arguments: str) -> tuple[dict[str, Any], str]:
    file = folder / "bench.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench_suite", "--quick", "--json", str(file), *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        timeout=120,
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


def test_it_compares_with_bare_mitmdump_in_a_table_and_in_json(tmp_path: Path) -> None:
    found, table = bench(tmp_path, "--targets", "direct,bare,gateway", "--only", "json")
    figures = found["figures"]["JSON calls, c=16"]
    assert all(target["errors"]["median"] == 0 for target in figures.values())
    assert figures["gateway"]["calls_per_cpu_s"]["x_bare"]["median"] > 0
    assert set(figures) == {"direct", "bare", "gateway"}
    assert "JSON calls, c=16" in table


@pytest.mark.parametrize("wrong", [("--targets", "nothing"), ("--only", "nothing")])
def test_what_it_does_not_know_is_said(tmp_path: Path, wrong: tuple[str, str]) -> None:
    with pytest.raises(AssertionError, match="no such"):
        bench(tmp_path, *wrong)
