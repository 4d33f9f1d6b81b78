"""The files of a source of skeletons, wherever they lie, under the guards of all addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from cloudvolume.datasource.precomputed.sharding import ShardReader

from apps.datasets.domain.secrets import Credentials
from apps.datasets.gateways.guarded.cloud_files import refusal_in
from apps.datasets.gateways.guarded.limits import TooLargeError
from apps.datasets.gateways.skeletons.errors import silent, unreadable
from apps.datasets.gateways.tables.annotations_info import Index
from apps.datasets.gateways.tables.annotations_store import Store
from apps.datasets.gateways.tables.files import TableError
from apps.datasets.gateways.volumes.addresses import check_place, is_graphene

_FIELD = "skeletons"
Result = TypeVar("Result")


class SkeletonStore(Store):
    """As `Store`, and one object out of shards. Wrap what is read in `as_skeletons`.

    Raises SkeletonsSilentError where it does not answer, or not as a source that can be used: what
    is missing or damaged is something else.
    """

    def info(self) -> object:
        try:
            return super().info()
        except TableError as error:
            raise silent(_about_skeletons(error)) from error

    def sharded(self, index: Index, one: int) -> bytes | None:
        """An object by its id, unpacked; None where the shards hold none of that id."""
        spec = self._spec(index)
        reader = ShardReader(None, None, spec)
        shard, minishard = reader.compute_shard_location(one)
        length = int(spec.index_length())
        head = self._get([{"path": shard, "start": 0, "end": length}])[0]["content"]
        if head is None:
            return None
        ranges = self._decoded(shard, lambda: reader.decode_index(bytes(head), shard)).tolist()
        start, end = ranges[int(minishard)]
        if start == end:
            return None
        content = self._range(shard, start, end)
        rows = self._decoded(shard, lambda: reader.decode_minishard_index(content, shard)).tolist()
        for found, first, count in rows:
            if found == one:
                piece = self._range(shard, first, first + count)
                packed = {"content": piece, "compress": spec.data_encoding}
                return self._unpacked(f"{shard}, id {one}", packed)
        return None

    def _asked(self, path: str, action: Callable[[], Result]) -> Result:
        try:
            return super()._asked(path, action)
        except TableError as error:
            if isinstance(refusal_in(error.__cause__ or error), TooLargeError):
                raise
            raise silent(_about_skeletons(error)) from error


def open_store(
    address: str, credentials: Credentials | None, timeout_s: float
) -> tuple[str, SkeletonStore]:
    """The address as it is kept, and what lies there. Nothing is read yet.

    Raises InvalidInputError, PlaceForbiddenError where nothing may be read.
    """
    bare = check_place(address.rstrip("/"), _FIELD)
    if is_graphene(bare):
        raise unreadable("segmentations of CAVE have no skeletons at their address.")
    return bare, SkeletonStore(bare, bare, timeout_s, credentials)


@contextmanager
def as_skeletons() -> Iterator[None]:
    """Sentences about tables become such about skeletons."""
    try:
        yield
    except TableError as error:
        raise unreadable(_about_skeletons(error)) from error


def _about_skeletons(error: TableError) -> str:
    return error.sentence.removeprefix("table: ")
