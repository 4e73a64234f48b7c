# Sourced by the other scripts: makes .venv with what the project needs, and sets ROOT and VENV.
# A warm start compares two checksums and installs nothing.

ROOT=$(cd "$(dirname "$0")/.." && pwd)
VENV="$ROOT/.venv"

say() { printf '%s\n' "$*" >&2; }

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1
}

# A version manager's shim may be there and refuse to run, so each candidate is tried, not only looked for.
find_python() {
    for name in python3.13 python3.12 python3.14 python3 python; do
        if command -v "$name" >/dev/null 2>&1 && is_new_enough "$name"; then
            command -v "$name"
            return 0
        fi
    done
    for folder in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13* "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*; do
        if [ -x "$folder/bin/python" ] && is_new_enough "$folder/bin/python"; then
            printf '%s\n' "$folder/bin/python"
            return 0
        fi
    done
    if command -v uv >/dev/null 2>&1; then
        found=$(uv python find '>=3.12' 2>/dev/null) && is_new_enough "$found" && printf '%s\n' "$found" && return 0
    fi
    return 1
}

# set_up LOCKFILE: installs what it pins, and the project itself.
set_up() {
    lock="$ROOT/$1"
    stamp="$VENV/.set-up-$1"
    wanted=$(cat "$lock" "$ROOT/pyproject.toml" | cksum)
    if [ -x "$VENV/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        return 0
    fi
    python=$(find_python) || {
        say "Python 3.12 or newer is needed and was not found: install it (python.org, your system's packages, pyenv or uv)."
        exit 1
    }
    if ! { [ -x "$VENV/bin/python" ] && is_new_enough "$VENV/bin/python" && "$VENV/bin/python" -m pip --version >/dev/null 2>&1; }; then
        say "Making .venv with $("$python" --version) ..."
        rm -rf "$VENV"
        "$python" -m venv "$VENV" || {
            say "The virtual environment could not be made; on Debian: apt install python3-venv."
            exit 1
        }
    fi
    say "Installing what the project needs (a minute, the first time) ..."
    "$VENV/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r "$lock" &&
        "$VENV/bin/python" -m pip install -q --disable-pip-version-check --no-deps -e "$ROOT" || {
        say "The installation failed; what went wrong stands above. Run the same command again to go on."
        exit 1
    }
    printf '%s' "$wanted" > "$stamp"
}
