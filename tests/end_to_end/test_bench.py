"""scripts/bench measures what it says; its figures are no test's business, its counts are."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.gateway import ROOT


def run(*arguments: str, timeout_s: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench_suite", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def bench(folder: Path, *arguments: str, quick: bool = True) -> tuple[dict[str, Any], str]:
    """The figures, and all that it said."""
    file = folder / "bench.json"
    shortened = ["--quick"] if quick else []
    done = run(*shortened, "--json", str(file), *arguments, timeout_s=240 if quick else 600)
    assert done.returncode == 0, done.stderr
    return json.loads(file.read_text()), done.stdout + done.stderr


def profile(*arguments: str) -> str:
    done = run("--quick", "--profile", *arguments, timeout_s=120)
    return done.stdout + done.stderr


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


def test_variants_of_the_gateway_answer_and_are_compared_with_what_they_vary(tmp_path: Path) -> None:
    variants = "gateway,gateway-content,gateway-content-dead,gateway-translated,gateway-tls,gateway-full"
    found, _ = bench(tmp_path, "--targets", f"bare,bare-tls,{variants}", "--only", "new,paced,spread")
    (name,) = [measure for measure in found["figures"] if "new connection" in measure]
    figures = found["figures"][name]
    assert all(target["errors"]["median"] == 0 for target in figures.values())
    assert figures["gateway-tls"]["calls_per_s"]["x_bare-tls"]["median"] > 0
    assert figures["gateway-content-dead"]["calls_per_s"]["x_gateway-content"]["median"] > 0
    assert figures["gateway-translated"]["calls_per_s"]["x_gateway"]["median"] > 0
    assert {"cpu_ms_per_call", "rss_mb", "lag_ms"} <= set(figures["gateway"])
    paced = found["figures"]["streams of a chunk every 10 ms, all begun together, c=16"]
    assert all(target["errors"]["median"] == 0 for target in paced.values())
    # The marks of the provider's events come through a translation too.
    assert paced["gateway-translated"]["chunk_p50_ms"]["median"] > 0
    spread = found["figures"]["streams of a chunk every 10 ms, begun one after another, c=16"]
    assert spread["gateway"]["errors"]["median"] == 0
    assert spread["gateway"]["first_p50_ms"]["median"] > 0


def test_a_peer_that_is_not_installed_is_said_and_left_out(tmp_path: Path) -> None:
    found, told = bench(tmp_path, "--targets", "bare", "--only", "json", "--peers")
    measured = found["figures"]["JSON calls, c=16"]
    for name in ("nginx", "LiteLLM", "Portkey"):
        assert (name.lower() in measured) != (f"{name} is not installed" in told)


def test_a_profile_says_where_a_calls_time_goes() -> None:
    told = profile("--targets", "gateway", "--only", "json")
    if "could not look into" in told:
        pytest.skip("this machine lets no process look into another")
    assert "µs of CPU per call, JSON calls" in told
    # Once by the kernel's count, once by what held the interpreter.
    assert len(re.findall(r"^ .* MainThread$", told, re.MULTILINE)) == 2
    assert "the interpreter was held for" in told
    assert "agw/hooks" in told


@pytest.mark.parametrize("wrong", [("--targets", "nothing"), ("--only", "nothing")])
def test_what_it_does_not_know_is_said(tmp_path: Path, wrong: tuple[str, str]) -> None:
    with pytest.raises(AssertionError, match="no such"):
        bench(tmp_path, *wrong)
