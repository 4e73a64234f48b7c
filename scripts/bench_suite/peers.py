"""Other proxies, measured beside the gateway where they are installed or can be: nginx, LiteLLM and Portkey."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from bench_suite.ports import free_port
from bench_suite.processes import PROXY_CORES, ROOT, BenchError, Running
from bench_suite.targets import Started, Surroundings, Target

_VENV = ROOT / ".bench" / "litellm"
_PORTKEY = ROOT / ".bench" / "portkey"
_PORTKEY_NEEDS = {"@hono/node-server": "1.13.5"}
"""The one that its own lock file names. With those that npm would take (1.14.4 to 1.19.19) each stream is a 500."""

_NGINX = """\
worker_processes 1;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    upstream provider {{ server 127.0.0.1:{upstream}; keepalive 256; }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        keepalive_requests 1000000;
        location / {{
            proxy_pass http://provider;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
        }}
    }}
}}
"""

_LITELLM = """\
model_list:
- model_name: "*"
  litellm_params:
    model: "openai/*"
    api_base: http://127.0.0.1:{upstream}/v1
    api_key: sk-bench
litellm_settings:
  telemetry: false
# On loopback, for the length of the run; it asks every caller for a key otherwise.
general_settings:
  dangerously_permit_weak_or_unset_master_key: true
"""


def has_nginx() -> bool:
    return _nginx() is not None


def has_litellm() -> bool:
    return (_VENV / "bin" / "litellm").exists()


def _nginx() -> str | None:
    return shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")


def nginx() -> Target:
    def start(around: Surroundings) -> Started:
        program = _nginx()
        if program is None:
            raise BenchError("nginx is not installed (on Debian: apt install nginx-light)")
        port = free_port()
        file = around.folder / "nginx.conf"
        file.write_text(_NGINX.format(port=port, upstream=around.upstream))
        orders = f"daemon off; pid {around.folder}/nginx.pid; error_log stderr;"
        command = [program, "-p", str(around.folder), "-c", str(file), "-g", orders]
        return Started(Running(command, cores=PROXY_CORES), port)

    return Target("nginx", "a plain reverse proxy that looks into nothing", start, peer=True)


def litellm() -> Target:
    """Installed by ``install_litellm`` into a virtual environment of its own."""

    def start(around: Surroundings) -> Started:
        program = _VENV / "bin" / "litellm"
        port = free_port()
        file = around.folder / "litellm.yaml"
        file.write_text(_LITELLM.format(upstream=around.upstream))
        command = [str(program), "--config", str(file), "--port", str(port), "--host", "127.0.0.1"]
        env = {"LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        return Started(Running(command, cores=PROXY_CORES, env=env), port)

    return Target("litellm", "LiteLLM proxy, one worker", start, peer=True)


def portkey() -> Target:
    """Installed by ``install_portkey``. The provider's address goes with each call, so it is known once it starts."""
    headers = {"x-portkey-provider": "openai"}

    def start(around: Surroundings) -> Started:
        port = free_port()
        headers["x-portkey-custom-host"] = f"http://127.0.0.1:{around.upstream}/v1"
        command = [_program("node"), str(_portkey_script()), "--headless", f"--port={port}"]
        return Started(Running(command, cores=PROXY_CORES, env={"NODE_ENV": "production"}), port)

    return Target("portkey", "Portkey's gateway, on Node", start, peer=True, headers=headers)


def has_portkey() -> bool:
    return _portkey_script().exists() and shutil.which("node") is not None


def install_portkey() -> None:
    """Raises BenchError."""
    if not has_portkey():
        npm = _program("npm")
        _PORTKEY.mkdir(parents=True, exist_ok=True)
        (_PORTKEY / "package.json").write_text(json.dumps({"overrides": _PORTKEY_NEEDS}))
        _run(npm, "install", "--prefix", str(_PORTKEY), "--no-audit", "--no-fund", "@portkey-ai/gateway")


def _portkey_script() -> Path:
    return _PORTKEY / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"


def _program(name: str) -> str:
    if found := shutil.which(name):
        return found
    raise BenchError(f"{name} is not installed: Portkey needs Node and npm (on Debian: apt install nodejs npm)")


def install_litellm() -> None:
    """Raises BenchError."""
    if has_litellm():
        return
    _run(sys.executable, "-m", "venv", str(_VENV))
    _run(str(_VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "litellm[proxy]")


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{Path(command[0]).name} failed: {done.stderr[-1000:]}")
