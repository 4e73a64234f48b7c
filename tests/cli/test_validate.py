"""The ``agw`` command as people and scripts run it: in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import agw
from support.configs import PROVIDER, READY, with_route
from support.gateway import ROOT

COMMAND = Path(sys.executable).parent / "agw"
GOOD = with_route(f"backends: [{{{PROVIDER}}}]")


def run(*arguments: object, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "OTLP_", "OPENAI_"))}
    command = [str(COMMAND)] if COMMAND.exists() else [sys.executable, "-m", "agw.cli"]
    return subprocess.run(
        [*command, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**kept, "PYTHONPATH": str(ROOT / "addon"), **environ},
    )


@pytest.fixture
def good(tmp_path: Path) -> Path:
    file = tmp_path / "good.yaml"
    file.write_text(GOOD)
    return file


def test_a_good_config_is_one_line_and_status_0(good):
    ran = run("validate", good)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"ok: {good} (1 port, 1 route)\n", "")


def test_ports_and_routes_are_counted(tmp_path):
    file = tmp_path / "two.yaml"
    file.write_text(
        "gateways: {default: {port: 3000}, other: {port: 3001}}\n"
        "routes: [{gateways: [default, other]}, {name: second}]\n"
    )
    assert run("validate", file).stdout == f"ok: {file} (2 ports, 3 routes)\n"


def test_every_problem_is_a_line_on_standard_error_and_the_status_is_1(tmp_path, good):
    bad = tmp_path / "bad.yaml"
    bad.write_text("bind: []\nmcp: {targets: []}\nllm: {models: []}\n")
    ran = run("validate", bad, good, tmp_path / "none.yaml")
    assert ran.returncode == 1
    assert ran.stdout == f"ok: {good} (1 port, 1 route)\n"
    assert ran.stderr.splitlines() == [
        f"{bad}:1: bind: unknown key 'bind' (did you mean 'binds'?)",
        f"{bad}:2: mcp: not supported by this gateway (take it out)",
        f"{tmp_path / 'none.yaml'}: cannot be read: no such file or directory",
    ]


def test_the_environment_counts_and_is_never_shown(tmp_path):
    file = tmp_path / "cfg.yaml"
    file.write_text(
        with_route(f"backends: [{{{PROVIDER}}}]\npolicies: {{backendAuth: {{key: $AGW_TEST_KEY, kye: 1}}}}")
    )
    missing, present = run("validate", file), run("validate", file, AGW_TEST_KEY="sk-canary")
    assert "AGW_TEST_KEY is not set" in missing.stderr
    assert "unknown key 'kye'" in present.stderr
    assert "canary" not in present.stderr + present.stdout


def test_the_configs_of_the_folder_are_good():
    files = sorted((ROOT / "config").glob("*.yaml"))
    ran = run("validate", *files, **READY)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert len(ran.stdout.splitlines()) == len(files) > 2


def test_the_version_is_the_packages():
    assert run("--version").stdout == f"agw {agw.__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["validate"], ["valdate", "x"], ["--nonsense"]])
def test_wrong_usage_is_status_2_and_says_how_it_goes(arguments):
    ran = run(*arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "usage: agw" in ran.stderr


def test_help_shows_an_example():
    assert "agw validate cfg.yaml" in run("--help").stdout
    assert "FILE:LINE" in run("validate", "--help").stdout
