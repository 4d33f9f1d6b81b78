"""Precomputed sources as CloudVolume writes them: whole files, shards, transforms, secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import numpy as np
import osteoid
import pytest
from cloudvolume import CloudVolume
from cloudvolume.datasource.precomputed.sharding import (
    ShardingSpecification,
    synthesize_shard_files,
)
from django.conf import settings
from django.test import override_settings

from apps.connectome.skeletons import Skeleton
from apps.core.errors import InvalidInputError
from apps.datasets.domain.secrets import Credentials, SecretKind
from apps.datasets.gateways.skeletons import find_source, read_precomputed, read_swc_file
from tests.datasets.volumes.stored import served
from tests.support.skeletons import FORK_SWC, fork, write_precomputed_skeletons, write_swc_folder
from tests.support.web import Answer, Asked, web

LARGE_ID = 2**63 + 11
SHARDING = {
    "@type": "neuroglancer_uint64_sharded_v1",
    "preshift_bits": 0,
    "hash": "murmurhash3_x86_128",
    "minishard_bits": 2,
    "shard_bits": 1,
    "minishard_index_encoding": "gzip",
    "data_encoding": "gzip",
}


def environment(networks: Sequence[str] = (), roots: Sequence[Path] = ()) -> override_settings:
    allowed = tuple(map(ip_network, networks))
    changed = replace(settings.ENVIRONMENT, private_networks=allowed, volume_roots=tuple(roots))
    return override_settings(ENVIRONMENT=changed)


def read(address: str, root_id: int, credentials: Credentials | None = None) -> Skeleton:
    return read_precomputed(address, root_id, credentials, timeout_s=20)


def osteoid_skeleton(number: int) -> osteoid.Skeleton:
    """A path of so many steps."""
    vertices = np.arange(3 * (number + 1), dtype=np.float32).reshape(-1, 3)
    edges = np.column_stack([np.arange(number), np.arange(1, number + 1)]).astype(np.uint32)
    return osteoid.Skeleton(vertices, edges, radii=np.full(number + 1, 9, np.float32))


@pytest.fixture
def volume(tmp_path: Path) -> Any:
    """A segmentation of CloudVolume's own with a folder for skeletons."""
    info = CloudVolume.create_new_info(
        num_channels=1,
        layer_type="segmentation",
        data_type="uint64",
        encoding="raw",
        resolution=[8, 8, 40],
        voxel_offset=[0, 0, 0],
        volume_size=[64, 64, 64],
        skeletons="traced",
    )
    made = CloudVolume(f"file://{tmp_path}/neurons", info=info, progress=False)
    made.commit_info()
    made.skeleton.meta.info["transform"] = [2, 0, 0, 100, 0, 1, 0, 0, 0, 0, 1, 0]
    made.skeleton.meta.commit_info()
    return made


def test_a_volume_leads_to_its_skeletons(volume: Any, tmp_path: Path) -> None:
    one = osteoid_skeleton(4)
    one.id = LARGE_ID
    volume.skeleton.upload(one)
    address = find_source(f"precomputed://file://{tmp_path}/neurons/", None, timeout_s=20)
    assert address == f"file://{tmp_path}/neurons/traced"
    assert find_source(address, None, timeout_s=20) == address
    ours, theirs = read(address, LARGE_ID), volume.skeleton.get(LARGE_ID)
    assert np.array_equal(ours.vertices_nm, theirs.vertices)  # both with the transform
    assert ours.vertices_nm[1].tolist() == [106, 4, 5]
    assert np.array_equal(ours.edges, theirs.edges)
    assert ours.radii_nm.tolist() == [9] * 5
    with pytest.raises(InvalidInputError, match=r"there is none of neuron 7 at file://") as refused:
        read(address, 7)
    assert refused.value.field == "skeletons"


def write_shards(folder: Path, ids: Sequence[int]) -> str:
    folder.mkdir()
    info = {"@type": "neuroglancer_skeletons", "sharding": SHARDING}
    (folder / "info").write_text(json.dumps(info))
    spec = ShardingSpecification.from_dict(dict(SHARDING))
    content = {one: osteoid_skeleton(at + 1).to_precomputed() for at, one in enumerate(ids)}
    for name, shard in synthesize_shard_files(spec, content).items():
        (folder / name).write_bytes(shard)
    return f"file://{folder}"


@pytest.mark.parametrize("over_http", [False, True])
def test_skeletons_in_shards(tmp_path: Path, over_http: bool) -> None:
    ids = [3, 11, 12, 2**40, LARGE_ID]
    address = write_shards(tmp_path / "shards", ids)
    with served(tmp_path) as server, environment(["127.0.0.0/8"]):
        if over_http:
            address = f"{server.address}/shards"
        for at, one in enumerate(ids):
            assert len(read(address, one)) == at + 2
        for missing in (4, 5, 6, 7):  # in each of the minishards, or in no shard at all
            with pytest.raises(InvalidInputError, match="there is none of neuron"):
                read(address, missing)


def test_a_shard_that_is_damaged_says_so(tmp_path: Path) -> None:
    address = write_shards(tmp_path / "shards", [3])
    for shard in (tmp_path / "shards").glob("*.shard"):
        shard.write_bytes(shard.read_bytes()[:70])
    with pytest.raises(InvalidInputError, match=r"^skeletons: .*\.shard"):
        read(address, 3)


@pytest.mark.parametrize(
    ("info", "sentence"),
    [
        ({"@type": "neuroglancer_legacy_mesh"}, "is no source of skeletons"),
        ([], "is no source of skeletons"),
        ({"skeletons": "../other"}, r"names the folder of skeletons '\.\./other'"),
        ({"skeletons": 5}, "names the folder of skeletons '5'"),
        ({"transform": [1, 2]}, "transform is not twelve numbers"),
        ({"transform": [0] * 12}, "leads all places onto a plane"),
        ({"vertex_attributes": [{"id": "a", "data_type": "object"}]}, "the attribute .* cannot be"),
        (
            {"vertex_attributes": [{"id": "a", "data_type": "uint8", "num_components": 0}]},
            "attribu",
        ),
        ({"sharding": "much"}, "sharding is no object"),
    ],
)
def test_an_info_that_is_none_is_refused(tmp_path: Path, info: Any, sentence: str) -> None:
    if isinstance(info, Mapping):
        info = {"@type": "neuroglancer_skeletons"} | dict(info)
    (tmp_path / "info").write_text(json.dumps(info))
    with pytest.raises(InvalidInputError, match=sentence):
        find_source(f"file://{tmp_path}", None, timeout_s=20)


def test_a_sharding_that_cannot_be_is_refused(tmp_path: Path) -> None:
    info = {"@type": "neuroglancer_skeletons", "sharding": SHARDING | {"shard_bits": 70}}
    (tmp_path / "info").write_text(json.dumps(info))
    with pytest.raises(InvalidInputError, match="sharding"):
        read(f"file://{tmp_path}", 3)


def test_no_info_and_no_server(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="there is no info file at file://"):
        find_source(f"file://{tmp_path}", None, timeout_s=20)
    with pytest.raises(InvalidInputError, match="segmentations of CAVE have no skeletons"):
        find_source("graphene://https://cave.test/segmentation/table/x", None, timeout_s=20)
    with pytest.raises(InvalidInputError, match="is no address of a volume"):
        find_source("skeletons of mine", None, timeout_s=20)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_server_that_refuses(status: int) -> None:
    def answer(asked: Asked) -> Answer:
        if asked.path.endswith("/info"):
            return Answer(body=b'{"@type": "neuroglancer_skeletons"}')
        return Answer(status=status)

    none = "there is none of neuron 3 at .*, or it may not be read"
    sentence = f"skeletons: .*/3.*{status}" if status == 401 else none
    with (
        web(answer) as server,
        environment(["127.0.0.0/8"]),
        pytest.raises(InvalidInputError, match=sentence),
    ):
        read(f"{server.address}/s", 3)


def test_the_same_guards_as_of_volumes(tmp_path: Path) -> None:
    """Private networks, folders, links out of them, and logins that go where they belong."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    write_precomputed_skeletons(inside, {3: fork()})
    address = write_precomputed_skeletons(outside, {4: fork()})
    (inside / "4").symlink_to(outside / "4")
    with environment(roots=[inside]):
        assert len(read(f"file://{inside}", 3)) == 6
        with pytest.raises(InvalidInputError, match="lies outside the folders"):
            read(address, 4)
        with pytest.raises(InvalidInputError, match="lies outside the folders"):
            read(f"file://{inside}", 4)
    with served(tmp_path) as server, environment():
        with pytest.raises(InvalidInputError, match="private network"):
            read(f"{server.address}/inside", 3)
        assert server.asked == []


def test_a_secret_is_sent(tmp_path: Path) -> None:
    write_precomputed_skeletons(tmp_path / "s", {3: fork()})
    with served(tmp_path) as server, environment(["127.0.0.0/8"]):
        read(f"{server.address}/s", 3, Credentials(SecretKind.HTTPS, "tok"))
        assert set(server.logins) == {"Bearer tok"}


def test_swc_files_over_http_and_in_other_encodings(tmp_path: Path) -> None:
    write_swc_folder(tmp_path / "s", {3: FORK_SWC})
    (tmp_path / "s" / "4.swc").write_bytes("# Ramón\n1 1 0 0 0 1 -1\n".encode("latin-1"))
    with served(tmp_path) as server, environment(["127.0.0.0/8"]):
        address = f"{server.address}/s"
        assert len(read_swc_file(address, 3, 1.0, None, 20)) == 7
        assert len(read_swc_file(address, 4, 1.0, None, 20)) == 1
        with pytest.raises(InvalidInputError, match=r"there is no file 5\.swc at http://127"):
            read_swc_file(address, 5, 1.0, None, 20)
