"""Makes ``.venv`` ready: the locked requirements with their hashes, and the project itself, editable.

``_bootstrap`` starts it, under any Python >= 3.12, only when the stamp in ``.venv`` is not the wanted one. Runs at the
same time wait for each other. A run that was killed leaves its marker, and the next one begins again from nothing.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UNFINISHED = VENV / ".unfinished"
LOCKS = {"run": "requirements.lock", "dev": "requirements-dev.lock"}
PROGRESS_S = 5.0


class Failed(Exception):
    """The set-up cannot go on; the message is for people."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def set_up(kind: str, wanted: str) -> None:
    """``kind`` is ``run`` or ``dev``; ``wanted`` is what the stamp shall hold. Raises Failed."""
    folder = os.open(ROOT, os.O_RDONLY)
    os.set_inheritable(folder, True)  # pip holds the lock too: it may outlive this process when that is killed
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("Another set-up of this folder is under way; waiting for it ...")
        fcntl.flock(folder, fcntl.LOCK_EX)
    stamps = {name: VENV / f".set-up-{name}" for name in LOCKS}
    if not UNFINISHED.exists() and any(
        stamps[one].exists() and stamps[one].read_text() == wanted for one in (kind, "dev")
    ):
        return
    if (reason := why_not_usable()) is not None:
        make_venv(reason)
    UNFINISHED.touch()
    for stamp in stamps.values():
        stamp.unlink(missing_ok=True)
    try:
        install(LOCKS[kind])
    except Failed:
        UNFINISHED.unlink()  # pip ended by itself and has rolled back; what is there is whole
        raise
    stamps[kind].write_text(wanted)
    UNFINISHED.unlink()
    say("Ready.")


def why_not_usable() -> str | None:
    """Why the present ``.venv`` cannot be built upon; None when it can."""
    if not VENV.exists():
        return ""
    if UNFINISHED.exists():
        return "an earlier set-up was interrupted"
    check = "import sys, pip; sys.exit(sys.version_info < (3, 12))"
    try:
        if subprocess.run([PYTHON, "-c", check], capture_output=True, check=False).returncode != 0:
            return "the old one has no pip or no Python >= 3.12"
    except OSError:
        return "its Python is gone"
    made_for = re.search(r"^command = .* (\S.*/\.venv)$", (VENV / "pyvenv.cfg").read_text(), re.MULTILINE)
    # The commands in it name the folder that they were made in.
    if made_for and not made_for[0].endswith(str(VENV)):
        return "the old one was made in another folder"
    return None


def make_venv(reason: str) -> None:
    say(f"Making .venv with Python {sys.version.split()[0]}" + (f" again, since {reason}" if reason else "") + " ...")
    shutil.rmtree(VENV, ignore_errors=True)
    VENV.mkdir()
    UNFINISHED.touch()
    done = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"The virtual environment could not be made: {(done.stderr or done.stdout).strip()}")


def install(lock: str) -> None:
    say(f"Installing what {lock} pins (half a minute, the first time) ...")
    pip("--require-hashes", "-r", str(ROOT / lock))
    pip("--no-deps", "-e", str(ROOT))


def pip(*arguments: str) -> None:
    command = [str(PYTHON), "-m", "pip", "install", "--no-input", "--progress-bar=off", *arguments]
    lines: list[str] = []
    told_s = time.monotonic()
    child = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        close_fds=False,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    assert child.stdout is not None
    for line in child.stdout:
        lines.append(line)
        if time.monotonic() - told_s > PROGRESS_S and line.startswith("Collecting "):
            told_s = time.monotonic()
            say(f"  {sum(one.startswith('Collecting ') for one in lines)} packages so far ...")
        if line.startswith("Installing collected packages"):
            say(f"  unpacking {line.count(',') + 1} ...")
    if child.wait() != 0:
        what = [line for line in lines if "ERROR" in line or "error" in line] or lines
        raise Failed(
            "".join(what[-6:])
            + "The installation failed (see above). If this machine is offline, connect it; then run the same command "
            "again, it goes on from here."
        )


if __name__ == "__main__":
    try:
        set_up(sys.argv[1], sys.argv[2])
    except Failed as failed:
        sys.exit(str(failed))
    except KeyboardInterrupt:
        sys.exit("Interrupted; the same command repairs it.")
