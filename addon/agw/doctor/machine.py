"""Ports, clock, state folder, and trust in mitmproxy's certificate authority."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agw.config.snapshot import Snapshot
from agw.doctor.finding import Finding, Level
from agw.journal.opening import NAME, lock, siblings

_LEAST_FREE_BYTES = 1 << 30
_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
_RUNTIMES = {
    "SSL_CERT_FILE": "Python, Go, Ruby and OpenSSL",
    "REQUESTS_CA_BUNDLE": "Python's requests",
    "NODE_EXTRA_CA_CERTS": "Node.js (Claude Code, Gemini CLI)",
}
CA_NAME = "mitmproxy-ca-cert.pem"


def ports(snapshot: Snapshot) -> Iterator[Finding]:
    for port in snapshot.ports:
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", port.port))
            except OSError as error:
                why = (error.strerror or "unknown").lower()
                yield Finding(
                    Level.ODD,
                    f"port: {port.port} cannot be opened ({why})",
                    "fine if this gateway runs already; else end what listens there, or write another port",
                )
            else:
                yield Finding(Level.GOOD, f"port: {port.port} is free")


def clock() -> Iterator[Finding]:
    """Spans carry this machine's time; a platform that is asked for the last hour shows no call of another year."""
    now = datetime.fromtimestamp(time.time(), UTC)
    shown = f"clock: it is {now:%Y-%m-%d %H:%M:%S} UTC here"
    installed = datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)
    if now < installed:
        yield Finding(Level.BAD, f"{shown}, before this gateway was installed", "set the clock, best by NTP")
    elif _SYNCHRONISED.parent.is_dir() and not _SYNCHRONISED.exists():
        yield Finding(Level.ODD, f"{shown}, not synchronised", "timedatectl set-ntp true")
    else:
        yield Finding(Level.GOOD, shown)


def state(folder: str) -> Iterator[Finding]:
    if not folder:
        yield Finding(Level.ODD, "journal: none, calls are kept in memory only", "start with --set agwstate=FOLDER")
        return
    path = Path(folder).expanduser() / NAME
    nearest = next(one for one in (path.parent, *path.parent.parents) if one.exists())
    if not (nearest.is_dir() and os.access(nearest, os.W_OK)):
        yield Finding(Level.BAD, f"journal: {nearest} cannot be written", "name another folder: --set agwstate=FOLDER")
        return
    free = shutil.disk_usage(nearest).free
    if free < _LEAST_FREE_BYTES:
        yield Finding(
            Level.ODD,
            f"journal: only {free >> 20} MiB are free in {nearest}",
            "make room, or keep less: --set agwkeepdays=30 --set agwkeepmb=500",
        )
    else:
        yield Finding(Level.GOOD, f"journal: {path} can be written, {free >> 30} GiB free")
    for damaged in sorted(path.parent.glob(f"{path.stem}*.damaged-*")):
        if not damaged.name.endswith(("-wal", "-shm")):
            yield Finding(
                Level.ODD,
                f"journal: {damaged.name} was set aside as damaged",
                f"`sqlite3 {damaged} .recover` may save more of it; delete it when it is not needed",
            )
    if siblings(path) and (held := lock(path)) is not None:
        held.release()
    elif siblings(path):
        yield Finding(Level.GOOD, "journal: a gateway is running on it")


def trust(confdir: str, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Only for apps that are proxied; the gateway's own ports need no certificate."""
    path = Path(confdir).expanduser() / CA_NAME
    try:
        authority = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        yield Finding(
            Level.ODD,
            f"trust: mitmproxy has no certificate authority in {path.parent} yet",
            "it makes one at its first start; only apps that are proxied (--mode regular, local) need it",
        )
        return
    if authority.not_valid_after_utc < datetime.now(UTC):
        yield Finding(
            Level.BAD, f"trust: {path} has expired", "delete it; mitmproxy makes a new one, to be trusted anew"
        )
        return
    if _system_trusts(authority):
        yield Finding(Level.GOOD, "trust: this system trusts mitmproxy's certificate authority")
    else:
        yield Finding(
            Level.ODD,
            "trust: this system does not trust mitmproxy's certificate authority",
            f"only for apps that are proxied: cp {path} /usr/local/share/ca-certificates/mitmproxy.crt && "
            "update-ca-certificates",
        )
    for variable, who in _RUNTIMES.items():
        if value := environ.get(variable):
            yield _runtime(variable, who, Path(value), authority, path)


def _runtime(variable: str, who: str, bundle: Path, authority: x509.Certificate, path: Path) -> Finding:
    try:
        known = authority in x509.load_pem_x509_certificates(bundle.read_bytes())
    except (OSError, ValueError):
        return Finding(Level.BAD, f"trust: {variable} names a file that cannot be read ({bundle})", f"{who} use it")
    if known:
        return Finding(Level.GOOD, f"trust: {variable} has it, for {who}")
    return Finding(Level.ODD, f"trust: {variable} ({bundle}) does not have it, for {who}", f"cat {path} >> {bundle}")


def _system_trusts(authority: x509.Certificate) -> bool:
    store = ssl.create_default_context()
    wanted = authority.public_bytes(Encoding.DER)
    return any(one == wanted for one in store.get_ca_certs(binary_form=True))
