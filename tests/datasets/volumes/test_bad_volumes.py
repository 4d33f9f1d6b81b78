"""An info file that lies is refused with a sentence, and so is what cannot be an address."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cloudvolume import chunks

from apps.core.errors import InvalidInputError
from apps.datasets.domain.plans import Scale
from apps.datasets.gateways.volumes import ChunkUnreadableError, check_address
from apps.datasets.gateways.volumes.scales import list_scales
from apps.voxels.geometry import Box, Point
from tests.datasets.volumes.stored import blocky, opened, read, served, store
from tests.real_data import REAL_DATA, needs_real_data
from tests.support.annotations import write_annotations

BOX = Box(Point(-3, 79, 10), Point(5, 97, 20))
LABELS = blocky("uint32", (16, 40, 60))
SHARDING = {
    "@type": "neuroglancer_uint64_sharded_v1",
    "preshift_bits": 1,
    "hash": "identity",
    "minishard_bits": 1,
    "shard_bits": 2,
}


OF_ALL_MIPS = ("data_type", "num_channels", "type", "scales")


def change_info(folder: Path, changes: dict[str, Any]) -> None:
    info = json.loads((folder / "info").read_text())
    for name, value in changes.items():
        (info if name in OF_ALL_MIPS else info["scales"][0])[name] = value
    (folder / "info").write_text(json.dumps(info))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"chunk_sizes": [[0, 0, 0]]}, "chunk_sizes in its info is .* each must be > 0"),
        ({"chunk_sizes": [[-5, 4, 4]]}, "each must be > 0"),
        ({"chunk_sizes": []}, "not a list of sizes"),
        ({"chunk_sizes": "64"}, "not a list of sizes"),
        ({"chunk_sizes": [[32, 16]]}, "not three numbers"),
        ({"chunk_sizes": [[32.5, 16, 8]]}, "not three whole numbers"),
        ({"chunk_sizes": [[True, 16, 8]]}, "not three numbers"),
        ({"chunk_sizes": [[10**6, 10**6, 64]]}, r"its chunks have 61,035,156 MB; at most 512 can"),
        ({"size": [0, 50, 21]}, "the volume is empty along x"),
        ({"size": [70, 50]}, r"size in its info is \[70, 50\], not three numbers"),
        ({"size": [70.5, 50, 21]}, "not three whole numbers"),
        ({"size": [1e308, 50, 21]}, "reach beyond"),
        ({"size": ["70", 50, 21]}, "not three numbers"),
        ({"size": [10**400, 50, 21]}, "cannot be opened: its info is no JSON"),
        ({"voxel_offset": None}, "voxel_offset in its info is None"),
        ({"voxel_offset": [1e30, 0, 0]}, "reach beyond"),
        ({"resolution": [8, 8]}, r"resolution in its info is \[8, 8\], not three numbers"),
        ({"resolution": [8, 8, "8"]}, "not three numbers"),
        ({"resolution": [8, 8, -8]}, "the resolution along z is -8 nm; it must be > 0"),
        ({"data_type": None}, "data_type in its info is None, not a name"),
        ({"data_type": "uint128"}, "cannot be opened: .*uint128"),
        ({"num_channels": "1"}, "num_channels in its info is '1', not a whole number"),
        ({"num_channels": 1.5}, "num_channels in its info is 1.5"),
        ({"type": None}, "type in its info is None"),
        ({"scales": []}, "cannot be opened: its info is not that of a volume"),
        ({"scales": [None]}, "cannot be opened: its info is not that of a volume"),
        ({"encoding": "blosc"}, "the encoding 'blosc' is not known"),
        ({"encoding": None}, "the encoding None is not known"),
        ({"encoding": "jxl"}, "needs the package imagecodecs, which is not installed"),
        ({"encoding": "jpeg", "data_type": "uint16"}, "the encoding jpeg cannot hold uint16"),
        ({"encoding": "compressed_segmentation"}, "compressed_segmentation cannot hold uint8"),
        ({"key": "../../etc"}, "leads out of the volume"),
        ({"key": "/etc"}, "the key '/etc' of this mip leads out of the volume"),
        ({"key": "a\0b"}, "cannot be the name of a folder"),
        ({"key": "a" * 5000}, "cannot be the name of a folder"),
        ({"key": 5}, "cannot be opened: its info is not that of a volume"),
        ({"sharding": 5}, "the sharding in its info is none"),
        ({"sharding": {"@type": "neuroglancer_uint64_sharded_v1"}}, "the sharding in its info is"),
        ({"sharding": SHARDING | {"minishard_bits": 60}}, "the sharding in its info has"),
    ],
)
def test_an_info_that_cannot_be_true(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    address = store(tmp_path / "v", blocky("uint8"), "raw").address
    change_info(tmp_path / "v", changes)
    with pytest.raises(InvalidInputError, match=sentence) as refused:
        opened(address)
    assert refused.value.field == "image"
    assert refused.value.sentence.startswith("image: ")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<html>Not here</html>", "its info is no JSON"),
        (b"", "its info is no JSON"),
        (b"\x00\xff\xfe", "its info is no JSON"),
        (b"[" * 200_000, "its info is no JSON"),
        (b'{"scales": NaN}', "its info is no JSON"),
        (b"[]", "its info is not that of a volume"),
        (b"5", "its info is not that of a volume"),
        (b"{}", "its info has no 'scales'"),
    ],
)
def test_what_is_no_info(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "info").write_bytes(content)
    with pytest.raises(InvalidInputError, match=f"image: .* cannot be opened: {sentence}"):
        opened(f"file://{tmp_path}")


def test_a_folder_of_annotations_is_told_where_it_belongs(tmp_path: Path) -> None:
    """Also to somebody who chooses a mip."""
    address = write_annotations(tmp_path / "a", "point", [{"id": 1, "point": [5, 5, 5]}])
    said = (
        f"image: the volume at {address} cannot be opened: its info has no 'scales', so it is not "
        "that of a volume; a folder of annotations is given as a table."
    )
    for look in (partial(opened, address), partial(mips_of, address)):
        with pytest.raises(InvalidInputError) as refused:
            look()
        assert refused.value.sentence == said


def mips_of(address: str) -> Sequence[Scale]:
    return list_scales(address, axis_order="xyz", field="image", timeout_s=20)


def test_an_info_that_is_nested_too_deeply(tmp_path: Path) -> None:
    address = store(tmp_path / "v", blocky("uint8"), "raw").address
    nested = json.dumps("nested").join(["[" * 1000, "]" * 1000])
    info = (tmp_path / "v" / "info").read_text().rstrip().removesuffix("}")
    (tmp_path / "v" / "info").write_text(f'{info}, "more": {nested}}}')
    with pytest.raises(InvalidInputError, match="its info is nested too deeply"):
        opened(address)


def test_what_a_volume_tells_of_its_past_is_not_read(tmp_path: Path) -> None:
    """It may have hundreds of megabytes, or brackets without end."""
    volume = store(tmp_path / "v", blocky("uint8"), "raw")
    (tmp_path / "v" / "provenance").write_text("[" * 5000)
    assert opened(volume.address) == volume
    with served(tmp_path) as server:
        opened(f"{server.address}/v")
        assert [asked.strip() for asked in server.asked] == ["/v/info"]


@needs_real_data("precomputed")
def test_a_folder_of_annotations_is_no_volume() -> None:
    with pytest.raises(InvalidInputError, match="its info has no 'scales'"):
        opened(f"file://{REAL_DATA}/precomputed/test_precomputed_annotation")


@pytest.mark.parametrize(
    "blocks", [[0, 0, 0], [-8, 8, 8], [8, 8], "8", None, [10**9, 8, 8], [8, 8, 65]]
)
def test_blocks_of_labels_that_cannot_be(tmp_path: Path, blocks: object) -> None:
    volume = store(tmp_path / "v", LABELS, "compressed_segmentation")
    name = "compressed_segmentation_block_size"
    change_info(tmp_path / "v", {name: blocks})
    with pytest.raises(InvalidInputError, match=f"{name} in its info is"):
        opened(volume.address)


@pytest.mark.parametrize("blocks", [[0, 0, 0], [-8, 8, 8], [4, 4, 4], [64, 64, 64], [512] * 3])
def test_blocks_that_were_changed_afterwards_end_no_process(
    tmp_path: Path, blocks: list[int]
) -> None:
    """The decoder divides by them: without the check, this test ends with a signal."""
    volume = store(tmp_path / "v", LABELS, "compressed_segmentation")
    change_info(tmp_path / "v", {"compressed_segmentation_block_size": blocks})
    with pytest.raises(ChunkUnreadableError, match="cannot be read"):
        read(volume, volume.grid.bounds)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"chunk_sizes": [[2048, 2048, 512]]}, "its chunks have 8,192 MB; at most 512 can"),
        ({"num_channels": 2**20}, "its chunks have 16,384 MB; at most 512 can"),
        ({"encoding": "blosc"}, "the encoding 'blosc' is not known"),
        ({"key": "../elsewhere"}, "leads out of the volume"),
        ({"sharding": SHARDING | {"minishard_bits": 60}}, "the sharding in its info has"),
        ({"compressed_segmentation_block_size": [512] * 3}, "each must be between 1 and 64"),
        ({"scales": [None]}, "cannot be read"),
    ],
)
def test_an_info_that_cannot_be_true_any_more(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    """It was looked at when somebody chose the volume; before a read it is looked at again."""
    volume = store(tmp_path / "v", LABELS, "compressed_segmentation")
    change_info(tmp_path / "v", changes)
    with pytest.raises(ChunkUnreadableError, match=sentence):
        read(volume, BOX)


def test_an_info_that_is_no_volume_any_more(tmp_path: Path) -> None:
    volume = store(tmp_path / "v", blocky("uint8"), "raw")
    (tmp_path / "v" / "info").write_text("[]")
    with pytest.raises(ChunkUnreadableError, match="cannot be read"):
        read(volume, BOX)


@pytest.mark.parametrize("encoding", ["png", "jpeg"])
def test_a_picture_of_another_size_is_not_decoded(
    tmp_path: Path, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few bytes can say that they are a picture of gigabytes."""
    volume = store(tmp_path / "v", blocky("uint8"), encoding)
    large = np.zeros((512, 512, 8, 1), np.uint8, order="F")
    bomb = chunks.encode(large, encoding)
    for path in tmp_path.glob("v/*_*_*/*"):
        path.write_bytes(gzip.compress(bomb) if path.suffix == ".gz" else bomb)
    decoded: list[str] = []
    for name in ("png", "jpeg"):
        monkeypatch.setattr(chunks, f"decode_{name}", lambda *_, **__: decoded.append("picture"))
    with pytest.raises(ChunkUnreadableError, match="has another size than its volume says"):
        read(volume, BOX)
    assert decoded == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:20],
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: b"",
        lambda content: bytes(len(content)),
        lambda content: b"\xff" * len(content),
        lambda content: content[:8] + (2**40).to_bytes(8, "little") + content[16:],
    ],
    ids=["20 bytes", "half", "all but one", "nothing", "zeros", "ones", "far end"],
)
@pytest.mark.parametrize("encoding", ["raw", "compresso"])
def test_a_damaged_shard(tmp_path: Path, encoding: str, damage: Callable[[bytes], bytes]) -> None:
    volume = store(tmp_path / "v", LABELS, encoding, sharded=True)
    shards = list(tmp_path.glob("v/*_*_*/*.shard"))
    assert shards
    for shard in shards:
        shard.write_bytes(damage(shard.read_bytes()))
    with pytest.raises(ChunkUnreadableError, match="cannot be read"):
        read(volume, volume.grid.bounds)


def test_an_info_leads_to_no_other_address(tmp_path: Path) -> None:
    other = store(tmp_path / "other", blocky("uint8"), "raw").address
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "info").write_text(json.dumps({"redirect": f"precomputed://{other}"}))
    with pytest.raises(InvalidInputError, match=r"image: .* cannot be opened"):
        opened(f"file://{tmp_path}/v")


@pytest.mark.parametrize(
    ("dtype", "encoding", "changes"),
    [
        ("uint8", "raw", {"chunk_sizes": [[16, 16, 8]]}),
        ("uint8", "raw", {"chunk_sizes": [[64, 64, 64]]}),
        ("uint8", "raw", {"data_type": "uint16"}),
        ("uint8", "raw", {"encoding": "jpeg"}),
        ("uint8", "raw", {"encoding": "png"}),
        ("uint8", "jpeg", {"encoding": "png"}),
        ("uint32", "raw", {"encoding": "compressed_segmentation"}),
        ("uint32", "compresso", {"data_type": "uint64"}),
        ("uint32", "compresso", {"data_type": "uint16"}),
        ("uint32", "compresso", {"encoding": "compressed_segmentation"}),
        ("uint64", "compressed_segmentation", {"encoding": "compresso"}),
    ],
)
def test_an_info_that_is_not_true_of_its_chunks(
    tmp_path: Path, dtype: str, encoding: str, changes: dict[str, Any]
) -> None:
    address = store(tmp_path / "v", blocky(dtype), encoding).address
    change_info(tmp_path / "v", changes)
    volume = opened(address)
    with pytest.raises(ChunkUnreadableError, match="cannot be read"):
        read(volume, BOX)


@pytest.mark.parametrize(
    "address",
    ["graphene://", "graphene://host/segmentation/table/x", "graphene://https://host/x", "s3:/b"],
)
def test_addresses_that_cannot_be(address: str) -> None:
    with pytest.raises(InvalidInputError, match=r"neuron: .* is no address of a"):
        check_address(address, "neuron")


@pytest.mark.parametrize(
    "address",
    [
        "s3://bucket/em",
        "gs://bucket/em",
        "https://host/em",
        "file:///data/my lab/em",
        "graphene://https://host.org/segmentation/table/minnie65_public",
        "graphene://middleauth+https://host.org/segmentation/api/v1/minnie3_v1/",
        "graphene://https://host.org/segmentation/1.0/pinky100",
    ],
)
def test_addresses_that_can(address: str) -> None:
    assert check_address(address, "neuron") == address
