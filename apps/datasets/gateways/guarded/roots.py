"""Local files: only under the folders of SYNANNO_VOLUME_ROOTS, links followed, at each read."""

from __future__ import annotations

import os
import stat

from django.conf import settings

from apps.datasets.gateways.guarded.limits import TooLargeError, limit_of
from apps.datasets.gateways.opened_files import open_to_read, place_of

Read = tuple[bytes, str | None, None, None]


class OutsideRootsError(PermissionError):
    """A file lies outside the folders from which volumes may be read."""

    def __init__(self) -> None:
        super().__init__("it lies outside the folders of SYNANNO_VOLUME_ROOTS")


def read_under_roots(path: str, encoding: str | None, start: int | None, end: int | None) -> Read:
    """A file or a part of it, as CloudFiles' own `read_file`.

    It is opened before it is looked at, and what was opened must lie under the roots: a link that
    changes in between does not lead out. Raises FileNotFoundError,
    OutsideRootsError, TooLargeError, ValueError for a part that cannot be, and OSError for what is
    no file.
    """
    descriptor = open_to_read(path)
    with os.fdopen(descriptor, "rb") as file:
        opened = os.fstat(descriptor)
        if not stat.S_ISREG(opened.st_mode):
            raise IsADirectoryError(f"{path} is no file")
        _check_opened(path, descriptor)
        first = int(start or 0)
        last = opened.st_size if end is None else min(int(end), opened.st_size)
        limit = limit_of(path)
        if first < 0 or (end is not None and end < first):
            raise ValueError(f"bytes {first} to {end} are asked for, of {opened.st_size}")
        if last - first > limit:
            raise TooLargeError(limit)
        file.seek(first)
        return file.read(max(0, last - first)), encoding, None, None


def _check_opened(path: str, descriptor: int) -> None:
    roots = settings.ENVIRONMENT.volume_roots
    if not roots:
        return
    try:
        real = place_of(descriptor, path)
    except FileNotFoundError as error:
        raise OutsideRootsError from error
    if not any(real.is_relative_to(os.path.realpath(root)) for root in roots):
        raise OutsideRootsError
