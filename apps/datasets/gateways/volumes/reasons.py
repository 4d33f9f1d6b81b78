"""Why a part of a volume cannot be read, in words for those who look at it: without addresses, and
without what a library says."""

from __future__ import annotations

from collections.abc import Iterator

from cloudvolume.exceptions import AuthenticationError, EmptyVolumeException, InfoError

from apps.datasets.gateways.guarded.cloud_files import status_in
from apps.datasets.gateways.guarded.limits import TooLargeError
from apps.datasets.gateways.volumes.errors import (
    CHUNK_ERRORS,
    SOURCE_ERRORS,
    ChunkRefusedError,
)

REFUSED = "its server refuses access (status 403)"
_NOT_THERE = (404, 410)


def why_unreadable(error: BaseException) -> str:
    """The end of a sentence that begins with what cannot be read; empty where nothing is known."""
    causes = list(_causes(error))
    status = next((found for one in causes if (found := status_in(one)) is not None), None)
    if status in (401, 403):
        return REFUSED.replace("403", str(status))
    if status in _NOT_THERE or any(isinstance(one, EmptyVolumeException) for one in causes):
        return "a part of it is not stored"
    if status is not None:
        return f"its server answers with status {status}"
    for kinds, words in _WORDS:
        if any(isinstance(one, kinds) for one in causes):
            return words
    return ""


_WORDS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((ChunkRefusedError,), REFUSED),
    ((TooLargeError,), "a part of it is too large"),
    ((AuthenticationError,), "its server asks for a login"),
    ((InfoError,), "what describes it is not there"),
    ((*SOURCE_ERRORS,), "the place where it is stored does not give it"),
    ((*CHUNK_ERRORS,), "a part of it is damaged"),
)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and those that led to it."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        yield cause
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__
