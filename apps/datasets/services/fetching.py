"""Tables that lie at an address: fetched to this machine while they are read."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings

from apps.datasets.gateways.fetching import FetchError, fetch_file, is_remote, told_address
from apps.datasets.models import Secret
from apps.datasets.services.secrets import credentials_of

FETCHING = "fetching"  # the stage of a progress that counts MB
FETCHING_LIMIT_S = 2 * 3600
SPARE_BYTES = 2**29  # what a fetch leaves free
_MB = 2**20
_PREFIX = "synanno-table-"
_LONGEST_NAME = 100

Progress = Callable[[str, int], None]

__all__ = [
    "FETCHING",
    "FETCHING_LIMIT_S",
    "fetch_to",
    "fetched",
    "is_remote",
    "temporary",
    "told_address",
]


@contextmanager
def fetched(
    address: str, *, secret: Secret | None = None, on_progress: Progress | None = None
) -> Iterator[Path]:
    """The file at an http(s), gs or s3 address, on this machine for the length of the block.

    As `fetch_to`. Raises FetchError, SecretUnreadableError.
    """
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        yield fetch_to(address, Path(folder), secret=secret, on_progress=on_progress)


def fetch_to(
    address: str,
    folder: Path,
    *,
    secret: Secret | None = None,
    on_progress: Progress | None = None,
) -> Path:
    """Fetch the file at an address into this folder.

    At most SYNANNO_LARGEST_TABLE_MB are taken, for at most FETCHING_LIMIT_S, and the disk keeps
    some room; `on_progress` is told FETCHING and the MB so far, and what it raises ends the fetch.
    Raises FetchError, SecretUnreadableError.
    """
    ends_at = time.monotonic() + FETCHING_LIMIT_S

    def tell(done: int, total: int | None) -> None:
        if time.monotonic() > ends_at:
            raise FetchError(f"it takes longer than {FETCHING_LIMIT_S // 60} minutes")
        if shutil.disk_usage(folder).free < SPARE_BYTES + max(0, (total or done) - done):
            raise FetchError("there is too little room for it on the disk of the server")
        if on_progress is not None:
            on_progress(FETCHING, done // _MB)

    path = folder / _file_name(address)
    fetch_file(
        address,
        path,
        limit_bytes=settings.ENVIRONMENT.largest_table_mb * _MB,
        credentials=credentials_of(secret) if secret is not None else None,
        on_progress=tell,
    )
    return path


def temporary(folder: Path) -> Iterator[Path]:
    """What `fetched` has made in a folder for what is temporary, now or before it was killed."""
    return folder.glob(f"{_PREFIX}*")


def _file_name(address: str) -> str:
    """The file's own name, by which messages call it, with nothing in it that is not a name."""
    try:
        name = unquote(urlsplit(address).path).rpartition("/")[2]
    except ValueError:
        name = ""
    return re.sub(r"[^\w.-]", "_", name)[-_LONGEST_NAME:].lstrip(".") or "table"
