"""Tables that lie at an address: fetched to this machine while they are read."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings

from apps.datasets.gateways.fetching import fetch_file, is_remote, told_address
from apps.datasets.models import Secret
from apps.datasets.services.secrets import credentials_of

FETCHING = "fetching"  # the stage of a progress that counts MB
_MB = 2**20
_LONGEST_NAME = 100

Progress = Callable[[str, int], None]

__all__ = ["FETCHING", "fetched", "is_remote", "told_address"]


@contextmanager
def fetched(
    address: str, *, secret: Secret | None = None, on_progress: Progress | None = None
) -> Iterator[Path]:
    """The file at an http(s), gs or s3 address, on this machine for the length of the block.

    At most SYNANNO_LARGEST_TABLE_MB are taken; `on_progress` is told FETCHING and the MB so far,
    and what it raises ends the fetch. Raises FetchError, SecretUnreadableError.
    """

    def tell(done: int, _total: int | None) -> None:
        if on_progress is not None:
            on_progress(FETCHING, done // _MB)

    with tempfile.TemporaryDirectory(prefix="synanno-table-") as folder:
        path = Path(folder) / _file_name(address)
        fetch_file(
            address,
            path,
            limit_bytes=settings.ENVIRONMENT.largest_table_mb * _MB,
            credentials=credentials_of(secret) if secret is not None else None,
            on_progress=tell,
        )
        yield path


def _file_name(address: str) -> str:
    """The file's own name, by which messages call it, with nothing in it that is not a name."""
    try:
        name = unquote(urlsplit(address).path).rpartition("/")[2]
    except ValueError:
        name = ""
    return re.sub(r"[^\w.-]", "_", name)[-_LONGEST_NAME:].lstrip(".") or "table"
