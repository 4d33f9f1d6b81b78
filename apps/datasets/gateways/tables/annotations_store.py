"""The files of precomputed annotations, wherever they lie: whole, or by the ids in their shards."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from typing import Any, TypeVar

from cloudfiles import CloudFiles
from cloudfiles import compression as codecs
from cloudvolume.datasource.precomputed.sharding import ShardingSpecification, ShardReader
from cloudvolume.exceptions import SpecViolation
from urllib3.exceptions import HTTPError

from apps.datasets.domain.secrets import Credentials
from apps.datasets.gateways.guarded.limits import LARGEST_OBJECT
from apps.datasets.gateways.tables.annotations_info import Index
from apps.datasets.gateways.tables.files import TableError, unusable
from apps.datasets.gateways.volumes.errors import CHUNK_ERRORS, SOURCE_ERRORS, first_line
from apps.datasets.gateways.volumes.opening import within

TIMEOUT_S = 60.0
LARGEST = LARGEST_OBJECT  # bytes of one chunk, unpacked: some 20 million points
_TOGETHER = 16  # files that are fetched at once from a bucket
_STRETCH = 8 << 20  # bytes that are read at once of a shard
_MOST_ASKED = 1 << 17  # files that are asked for by name where a server lists none
_MOST_LISTED = 1 << 20  # names of files in a folder
_LISTED = ("file", "gs", "s3")
_SHARD = re.compile(r"[0-9a-f]+\.shard")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Stored:
    """Something that is stored: its name for messages, its id, and its bytes, unpacked."""

    name: str
    id: int
    content: bytes


@dataclass(frozen=True)
class Store:
    """The files under one address (`file://`, `gs://`, `s3://`, `http(s)://`).

    Everything here raises TableError, naming the file, for what cannot be read.
    """

    address: str
    name: str
    timeout_s: float = TIMEOUT_S
    credentials: Credentials | None = None

    @cached_property
    def _files(self) -> Any:
        secrets = self.credentials.as_mapping() if self.credentials else None
        return CloudFiles(self.address, secrets=secrets, progress=False)

    def info(self) -> object:
        """The info file, decoded."""
        content = self.read(["info"])[0]
        if content is None:
            raise unusable(f"{self.name}: there is no info file at {self.address}.")
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise unusable(f"{self.name}/info is not JSON: {error}.") from error

    def read(self, names: Sequence[str]) -> list[bytes | None]:
        """Whole files, unpacked; None for those that there are not."""
        return [
            None if one["content"] is None else self._unpacked(name, one)
            for name, one in zip(names, self._get(names), strict=True)
        ]

    def read_many(self, names: Iterator[str]) -> Iterator[tuple[str, bytes | None]]:
        """Many files, a few at a time."""
        together = 1 if self.address.startswith("file://") else _TOGETHER
        while group := list(islice(names, together)):
            yield from zip(group, self.read(group), strict=True)

    def listed(self, folder: str) -> list[str] | None:
        """The names of the files in a folder, sorted; None where the server lists none."""
        if self.address.partition("://")[0] not in _LISTED:
            return None
        prefix = f"{folder}/"

        def names() -> list[str]:
            found = islice(self._files.list(prefix, flat=True), _MOST_LISTED + 1)
            return [name.removeprefix(prefix) for name in found]

        try:
            listed = sorted(self._asked(folder, names))
        except TableError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return []
            raise
        if len(listed) > _MOST_LISTED:
            raise unusable(
                f"{self.name}/{folder} has more than {_MOST_LISTED:,} files; store them in shards."
            )
        return listed

    def shards(self, index: Index) -> Iterator[str]:
        """The names of the files of an index with shards, some of which may not be there."""
        spec = self._spec(index)
        names = self.listed(index.key)
        if names is not None:
            yield from (name for name in names if _SHARD.fullmatch(name))
            return
        digits = -(-int(spec.shard_bits) // 4)
        count = 1 << int(spec.shard_bits)
        if count > _MOST_ASKED:
            raise unusable(
                f"{self.name}/{index.key} may have {count:,} shards, and this server lists none; "
                "give the address of the bucket (gs:// or s3://)."
            )
        yield from (f"{number:0{digits}x}.shard" for number in range(count))

    def read_shard(self, index: Index, shard: str) -> Iterator[Stored] | None:
        """What a shard holds, in the order of its bytes; None if there is no such file."""
        path = f"{index.key}/{shard}"
        length = int(self._spec(index).index_length())
        head = self._get([{"path": path, "start": 0, "end": length}])[0]["content"]
        return None if head is None else self._shard_contents(index, path, bytes(head))

    def _shard_contents(self, index: Index, path: str, head: bytes) -> Iterator[Stored]:
        reader = ShardReader(None, None, self._spec(index))
        for start, end in self._decoded(path, lambda: reader.decode_index(head, path)).tolist():
            if start == end:
                continue
            content = self._range(path, start, end)
            rows = self._decoded(path, partial(reader.decode_minishard_index, content, path))
            yield from self._minishard(index, path, rows.tolist())

    def _minishard(self, index: Index, path: str, rows: list[list[int]]) -> Iterator[Stored]:
        """The entries of a minishard; `rows`: id, first byte and count of bytes of each."""
        packing = self._spec(index).data_encoding
        for group in _stretches(sorted(rows, key=lambda row: row[1])):
            first, last = group[0][1], max(start + count for _, start, count in group)
            content = self._range(path, first, last)
            for one, start, count in group:
                name = f"{path}, id {one}"
                piece = content[start - first : start - first + count]
                yield Stored(
                    name, one, self._unpacked(name, {"content": piece, "compress": packing})
                )

    def _range(self, path: str, start: int, end: int) -> bytes:
        if not 0 <= start < end <= start + LARGEST:
            raise unusable(
                f"{self.name}/{path} is damaged: its index names the bytes {start} to {end}."
            )
        found = self._get([{"path": path, "start": start, "end": end}])[0]["content"]
        if found is None or len(found) != end - start:
            raise unusable(f"{self.name}/{path} ends before byte {end}, which its index names.")
        return bytes(found)

    def _spec(self, index: Index) -> Any:
        try:
            return ShardingSpecification.from_dict(dict(index.sharding or {}))
        except (SpecViolation, *CHUNK_ERRORS) as error:
            raise unusable(
                f"{self.name}/info: the sharding of {index.id} cannot be: {first_line(error)}"
            ) from error

    def _get(self, paths: Sequence[Any]) -> list[dict[str, Any]]:
        """Files or parts of them, as they are stored, in the order asked for."""
        names = [path if isinstance(path, str) else path["path"] for path in paths]
        found = self._asked(names[0], lambda: self._files.get(paths, raw=True))
        by_name = {one["path"]: one for one in found}
        return [by_name[name] for name in names]

    def _asked(self, path: str, action: Callable[[], Result]) -> Result:
        try:
            return within(self.timeout_s, action)
        except TimeoutError as error:
            raise unusable(
                f"{self.name}/{path} did not come within {self.timeout_s:g} s."
            ) from error
        except (HTTPError, *CHUNK_ERRORS, *SOURCE_ERRORS) as error:
            raise unusable(f"{self.name}/{path} cannot be read: {first_line(error)}") from error

    def _decoded(self, path: str, action: Callable[[], Result]) -> Result:
        try:
            return action()
        except (SpecViolation, *CHUNK_ERRORS, *SOURCE_ERRORS) as error:
            raise unusable(f"{self.name}/{path} is damaged: {first_line(error)}") from error

    def _unpacked(self, name: str, found: dict[str, Any]) -> bytes:
        """The content, never more than `LARGEST` bytes of it."""
        content, packing = bytes(found["content"]), found["compress"]
        if packing == "gzip":
            content = self._decoded(name, lambda: _gunzipped(content))
        elif packing not in (None, "", "raw"):
            packed = content
            content = self._decoded(name, lambda: codecs.decompress(packed, packing, name))
        if len(content) > LARGEST:
            raise self._too_large(name)
        return content

    def _too_large(self, name: str) -> TableError:
        return unusable(f"{self.name}/{name} holds more than {LARGEST >> 20} MB in one piece.")


def _gunzipped(content: bytes) -> bytes:
    reader = zlib.decompressobj(wbits=31)
    found = reader.decompress(content, LARGEST + 1)
    if not reader.eof and len(found) <= LARGEST:
        raise EOFError(f"it ends after {len(content)} bytes, before its compressed data do")
    return found


def _stretches(rows: Sequence[list[int]]) -> Iterator[list[list[int]]]:
    """Neighbours together, as long as they are few bytes."""
    group: list[list[int]] = []
    for row in rows:
        if group and row[1] + row[2] - group[0][1] > _STRETCH:
            yield group
            group = []
        group.append(row)
    if group:
        yield group
