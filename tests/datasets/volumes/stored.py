"""Volumes really stored: in each encoding and axis order, sharded or not, behind HTTP or not."""

from __future__ import annotations

import contextlib
import http.server
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from cloudfiles import CloudFiles
from cloudvolume import CloudVolume, chunks
from cloudvolume.datasource.precomputed.common import compressed_morton_code
from cloudvolume.datasource.precomputed.sharding import ShardingSpecification

from apps.datasets.domain import VolumeRef
from apps.datasets.gateways.volumes import inspect_volume, read_box
from apps.voxels.geometry import AxisOrder, Box, Point
from tests.support.loopback import serving

Voxels = npt.NDArray[np.generic]
CHUNK = (32, 16, 8)
OFFSET = Point(-32, 64, 3)
RESOLUTION = (4.0, 8.0, 33.0)

IMAGES = [("raw", "uint8"), ("raw", "uint16"), ("jpeg", "uint8"), ("png", "uint8")]
SEGMENTATIONS = [
    *[("raw", f"uint{bits}") for bits in (8, 16, 32, 64)],
    *[("compressed_segmentation", f"uint{bits}") for bits in (32, 64)],
    *[("compresso", f"uint{bits}") for bits in (8, 16, 32, 64)],
]


def blocky(dtype: str, shape_zyx: tuple[int, int, int] = (21, 50, 70), seed: int = 5) -> Voxels:
    """Blocks of 4 × 8 × 8 voxels, which JPEG keeps exactly; labels up to the dtype's largest."""
    blocks = [-(-n // size) for n, size in zip(shape_zyx, (4, 8, 8), strict=True)]
    values = np.random.default_rng(seed).integers(0, 9, blocks).astype(dtype)
    if dtype != "uint8":
        values[values == 8] = np.iinfo(dtype).max
    whole = values.repeat(4, 0).repeat(8, 1).repeat(8, 2)
    return whole[tuple(slice(n) for n in shape_zyx)]


def store(
    folder: Path,
    array: Voxels,
    encoding: str,
    *,
    order: str = "xyz",
    sharded: bool = False,
    offset: Point = OFFSET,
    resolution: tuple[float, float, float] = RESOLUTION,
    chunk: tuple[int, int, int] = CHUNK,
) -> VolumeRef:
    """Store `(z, y, x)` with its axes in `order`, as a volume that then says nothing of that."""
    axes = AxisOrder(order)
    stored = array.transpose(2, 1, 0).transpose(axes.physical_to_stored)
    address = f"file://{folder}"
    info = CloudVolume.create_new_info(
        1,
        "image" if encoding in ("jpeg", "png") else "segmentation",
        str(array.dtype),
        encoding,
        [resolution[axis] for axis in axes.physical_to_stored],
        axes.to_stored(offset),
        stored.shape,
        chunk_size=chunk,
    )
    if sharded:
        info["scales"][0]["sharding"] = ShardingSpecification(
            "neuroglancer_uint64_sharded_v1", 1, "identity", 1, 2
        ).to_dict()
    volume = CloudVolume(address, info=info, progress=False)
    volume.commit_info()
    if sharded:
        _store_shards(CloudVolume(address, progress=False), stored, encoding)
    else:
        CloudVolume(address, progress=False, delete_black_uploads=False)[:] = stored
    return opened(address, order)


def _store_shards(volume: Any, stored: Voxels, encoding: str) -> None:
    scale = volume.info["scales"][0]
    grid = np.array([-(-n // c) for n, c in zip(stored.shape, CHUNK, strict=True)], np.uint32)
    encoded = {}
    for at in np.ndindex(*grid):
        box = tuple(slice(i * c, i * c + c) for i, c in zip(at, CHUNK, strict=True))
        content = chunks.encode(np.asfortranarray(stored[box][..., None]), encoding, (8, 8, 8))
        encoded[int(compressed_morton_code([at], grid)[0])] = content
    shards = ShardingSpecification.from_dict(scale["sharding"]).synthesize_shards(encoded)
    CloudFiles(f"{volume.cloudpath}/{scale['key']}").puts(shards.items(), compress=False)


def opened(address: str, order: str = "xyz") -> VolumeRef:
    facts = inspect_volume(address, mip=0, axis_order=order, field="image", timeout_s=20)
    return VolumeRef(address, 0, order, facts.version, facts.grid)


def read(volume: VolumeRef, box: Box, **options: Any) -> Voxels:
    return read_box(volume, box, **{"cache_mb": 8, "timeout_s": 20, **options})


def part(array: Voxels, box: Box, offset: Point = OFFSET) -> Voxels:
    """The same part of the whole array `(z, y, x)`."""
    lo = [at - start for at, start in zip(box.lo, offset, strict=True)]
    hi = [at - start for at, start in zip(box.hi, offset, strict=True)]
    return array[lo[2] : hi[2], lo[1] : hi[1], lo[0] : hi[0]]


@dataclass
class Server:
    """What was asked for, as `path range`; how many requests of chunks are answered with 503.

    `forbidden`: what of it is answered with 403.
    """

    address: str = ""
    asked: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    busy_for: int = 0
    forbidden: str = "nothing"


@contextlib.contextmanager
def served(folder: Path) -> Iterator[Server]:
    """The folder behind HTTP as a bucket serves it: gzip as it is stored, ranges of shards."""
    state = Server()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms for the other side

        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            state.asked.append(f"{self.path} {asked}")
            state.logins.append(self.headers.get("Authorization", ""))
            plain = folder / self.path.lstrip("/")
            packed = plain.with_name(f"{plain.name}.gz")
            found = plain if plain.is_file() else packed
            if state.forbidden in self.path:
                self._answer(403, b"")
            elif plain.name != "info" and state.busy_for > 0:
                state.busy_for -= 1
                self._answer(503, b"busy")
            elif not found.is_file():
                self._answer(404, b"")
            else:
                self._send(found, asked, is_packed=found == packed)

        def _send(self, path: Path, asked: str, *, is_packed: bool) -> None:
            content = path.read_bytes()
            status = 200
            if asked:
                first, last = asked.removeprefix("bytes=").split("-")
                content = content[int(first) : int(last) + 1 if last else None]
                status = 206
            self._answer(status, content, "gzip" if is_packed else "")

        def _answer(self, status: int, content: bytes, encoding: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if encoding:
                self.send_header("Content-Encoding", encoding)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with serving(Handler) as port:
        state.address = f"http://127.0.0.1:{port}"
        yield state
