"""The key that signs the chain's checkpoints: an Ed25519 key in a file of its own, never in the journal.

Whoever can read that file and write the journal can rewrite history; keep a copy of what ``agw verify`` prints, or the
key, on another machine where that matters.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_NAME = "audit-key.pem"
PUBLIC_NAME = "audit-key.pub.pem"


def _key_id(key: Ed25519PublicKey) -> str:
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return sha256(raw).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Signer:
    key: Ed25519PrivateKey
    key_id: str

    def sign(self, statement: bytes) -> str:
        return self.key.sign(statement).hex()

    @property
    def checker(self) -> Checker:
        return Checker(self.key.public_key(), self.key_id)


@dataclass(frozen=True, slots=True)
class Checker:
    key: Ed25519PublicKey
    key_id: str

    def holds(self, statement: bytes, signature: str) -> bool:
        try:
            self.key.verify(bytes.fromhex(signature), statement)
        except (InvalidSignature, ValueError, TypeError):
            return False
        return True


def signer_in(folder: Path) -> Signer:
    """The folder's key, made on first use for its owner alone. Raises OSError, ValueError where it is not a key."""
    path = folder / KEY_NAME
    if not path.exists():
        _make(folder)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} is not an Ed25519 key")
    return Signer(key, _key_id(key.public_key()))


def checker_of(path: Path) -> Checker:
    """The public half from its own file, or from the private one. Raises OSError, ValueError."""
    data = path.read_bytes()
    if b"PRIVATE KEY" in data:
        private = serialization.load_pem_private_key(data, password=None)
        key: object = private.public_key()
    else:
        key = serialization.load_pem_public_key(data)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{path} is not an Ed25519 key")
    return Checker(key, _key_id(key))


def _make(folder: Path) -> None:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    made = folder / f"{KEY_NAME}.{os.getpid()}"
    with os.fdopen(os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(private)
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link does not replace: the first of two gateways that start together makes the key for both.
        os.link(made, folder / KEY_NAME)
        (folder / PUBLIC_NAME).write_bytes(public)
    except FileExistsError:
        pass
    finally:
        made.unlink()
