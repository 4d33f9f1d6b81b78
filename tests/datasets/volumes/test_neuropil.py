"""A dataset may have a fourth volume, the neuropil: one more segmentation, checked as neurons."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from apps.accounts.models import User
from apps.datasets.models import Dataset, Instance, SynapseTable, Volume
from apps.datasets.selectors import cutout_requests, volumes_of
from apps.voxels.geometry import Box, Point
from tests.datasets.volumes.stored import blocky, part, read, store
from tests.support.datasets import write_info
from tests.support.volumes import PhantomFiles

pytestmark = pytest.mark.django_db


def created(files: PhantomFiles, name: str, *more: object) -> SynapseTable:
    words = ["--image", files.image, "--cleft", files.cleft, "--table", files.table, *more]
    call_command("create_dataset", name, *map(str, words), stdout=io.StringIO())
    return SynapseTable.objects.get(dataset__name=name)


def test_it_is_kept_and_read_with_its_own_place_and_order(
    phantom_files: PhantomFiles, tmp_path: Path
) -> None:
    regions = blocky("uint16")
    address = store(tmp_path / "regions", regions, "compresso", order="yzx").address
    options = ("--neuropil-axis-order", "yzx", "--neuropil-sparse")
    table = created(phantom_files, "with", "--neuropil", address, *options)
    kept = volumes_of(table.dataset_id)[Volume.Kind.NEUROPIL]
    assert kept.is_sparse
    box = Box(Point(-3, 79, 10), Point(5, 97, 20))
    np.testing.assert_array_equal(read(kept, box), part(regions, box))
    assert set(volumes_of(table.dataset_id)) == {"image", "cleft", "neuropil"}


def test_it_is_in_no_cutout(phantom_files: PhantomFiles) -> None:
    """What is rendered already stays valid where a dataset has one more volume."""
    tables = [
        created(phantom_files, "without"),
        created(phantom_files, "with", "--neuropil", phantom_files.neuron),
    ]
    keys = [
        [request.key for request in cutout_requests(table, _instances(table), Point(32, 32, 4))]
        for table in tables
    ]
    assert keys[0] == keys[1]
    assert len(set(keys[0])) == phantom_files.rows


def _instances(table: SynapseTable) -> list[Instance]:
    return list(table.instances.order_by("source_id"))


@pytest.mark.parametrize(
    ("facts", "options", "sentence"),
    [
        ({"dtype": "float32"}, (), "neuropil: .* holds 1 channel of float32; it must hold one of"),
        ({"channels": 2}, (), "neuropil: .* holds 2 channels of uint8"),
        ({"size": (0, 4, 4)}, (), "neuropil: .* the volume is empty along x"),
        ({}, ("--neuropil-mip", "3"), "neuropil: .* has no mip 3"),
        ({}, ("--neuropil-axis-order", "zz"), "neuropil: the axis order is 'zz'"),
        ({}, ("--neuropil-resolution", "8", "0", "8"), "neuropil_resolution: .* along y is 0 nm"),
    ],
)
def test_it_is_checked_as_the_neurons_are(
    phantom_files: PhantomFiles,
    tmp_path: Path,
    facts: dict[str, Any],
    options: tuple[str, ...],
    sentence: str,
) -> None:
    address = write_info(tmp_path / "v", kind="segmentation", **facts)
    with pytest.raises(CommandError, match=sentence):
        created(phantom_files, "bad", "--neuropil", address, *options)
    same = [option.replace("neuropil", "neuron") for option in options]
    with pytest.raises(CommandError, match=sentence.replace("neuropil", "neuron")):
        created(phantom_files, "bad", "--neuron", address, *same)
    assert not Dataset.objects.exists()


def test_the_folders_that_are_allowed_hold_for_it_too(
    phantom_files: PhantomFiles, tmp_path: Path, settings: Any
) -> None:
    elsewhere = write_info(tmp_path / "v", kind="segmentation")
    roots = (phantom_files.folder.resolve(),)
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, volume_roots=roots)
    with pytest.raises(CommandError, match=r"neuropil: .* outside the folders of SYNANNO_VOLUME"):
        created(phantom_files, "bad", "--neuropil", elsewhere)
    assert not Dataset.objects.exists()


def test_the_admin_shows_it(phantom_files: PhantomFiles, client: Client) -> None:
    created(phantom_files, "with", "--neuropil", phantom_files.neuron)
    client.force_login(User.objects.create(username="ada", is_superuser=True, is_staff=True))
    page = client.get("/admin/datasets/volume/?kind__exact=neuropil").content.decode()
    assert phantom_files.neuron.removeprefix("precomputed://") in page
    assert phantom_files.image.removeprefix("precomputed://") not in page
