"""Keys of this copy: made once at random, kept in the home folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret_key(home: Path) -> str:
    """The key that signs sessions."""
    return _kept_key(home, "secret-key")


def secrets_key(home: Path) -> str:
    """The key that encrypts logins of buckets and CAVE."""
    return _kept_key(home, "secrets-key")


def _kept_key(home: Path, name: str) -> str:
    """A key of this copy. The first process to need it makes it; the others read it."""
    path = home / name
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _publish(path, secrets.token_urlsafe(48))
    return path.read_text().strip()


def _publish(path: Path, key: str) -> None:
    """Write the key under a name of its own, then give it the final name unless it is taken."""
    own = path.with_name(f"{path.name}.{os.getpid()}")
    own.touch(mode=0o600)
    own.write_text(key)
    try:
        os.link(own, path)
    except FileExistsError:
        pass  # another process was first: its key is the key
    finally:
        own.unlink()
