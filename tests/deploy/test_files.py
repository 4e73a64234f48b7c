"""The files of config/deploy are whole: what they name is there, and what they hold loads."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from agw.config import loads

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "config" / "deploy"


def manifests() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))


def of_kind(kind: str) -> dict[str, Any]:
    (found,) = [one for one in manifests() if one["kind"] == kind]
    return found


@pytest.mark.parametrize("manifest", manifests(), ids=lambda one: one["kind"])
def test_the_manifests_fit_the_published_schema(manifest: dict[str, Any]) -> None:
    validate = pytest.importorskip("kubernetes_validate")
    newest = validate.latest_version()
    validate.validate(manifest, newest, strict=True)


def test_the_config_in_the_config_map_is_one() -> None:
    text = of_kind("ConfigMap")["data"]["config.yaml"]
    snapshot = loads(text, "config.yaml", {"OPENAI_API_KEY": "sk-x"})
    assert [port.port for port in snapshot.ports] == [3000]


def test_the_pods_agree_with_the_config_and_the_services_with_the_pods() -> None:
    pod = of_kind("Deployment")["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    assert ports == {"calls": 3000, "stats": 15020}
    assert of_kind("Service")["spec"]["ports"][0]["targetPort"] in ports
    for kind in ("Service", "PodDisruptionBudget", "Deployment"):
        selector = of_kind(kind)["spec"]["selector"]
        assert selector.get("matchLabels", selector) == pod["metadata"]["labels"]
    drain_s = int(re.search(r"agwdrain=(\d+)", " ".join(container["args"]))[1])  # type: ignore[index]
    assert pod["spec"]["terminationGracePeriodSeconds"] > drain_s + 5


def test_the_collector_s_pipelines_name_what_is_there() -> None:
    config = yaml.safe_load((DEPLOY / "otel-collector.yaml").read_text())
    for pipeline in config["service"]["pipelines"].values():
        for kind in ("receivers", "processors", "exporters"):
            assert set(pipeline[kind]) <= set(config[kind])
        assert pipeline["processors"][0] == "memory_limiter"
        assert pipeline["processors"][-1] == "batch"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    # It looks for the program too, which is only there once it is installed.
    unit = tmp_path / "agw.service"
    unit.write_text((DEPLOY / "agw.service").read_text().replace("/opt/agw/.venv/bin/python", "/bin/true"))
    verified = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    # It may have something to say of the machine's own units.
    assert [line for line in verified.stderr.splitlines() if "agw.service" in line] == []


def test_the_container_copies_what_is_there_and_starts_what_a_service_starts() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    copied = [name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]]
    assert all((ROOT / name).exists() for name in copied)
    (entry,) = [line for line in lines if line.startswith("ENTRYPOINT")]
    started = re.findall(r'"([^"]+)"', entry)
    service = (DEPLOY / "agw.service").read_text()
    for name in ("scripts/_workers.py", "addon/agentgateway.py"):
        assert name in started
        assert name in service
    assert all((ROOT / name).exists() for name in ("scripts/_workers.py", "addon/agentgateway.py"))
