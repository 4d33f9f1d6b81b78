"""Two people create a dataset of one name at the same moment: one of them is told so."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from django.db import connection, transaction

from apps.core.errors import InvalidInputError
from apps.datasets.models import Dataset, Volume
from apps.datasets.services.datasets import VolumeInput, create_dataset
from apps.voxels.geometry import AXES
from tests.support.datasets import write_info
from tests.support.volumes import write_table
from tests.support.waiting import wait_for

_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def someone_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_the_later_one_is_told_that_the_name_is_taken(tmp_path: Path) -> None:
    volumes = [
        VolumeInput(Volume.Kind.IMAGE, write_info(tmp_path / "image")),
        VolumeInput(Volume.Kind.CLEFT, write_info(tmp_path / "cleft", kind="segmentation")),
    ]
    columns = [*AXES, *(f"{end}_pt_{axis}" for end in ("pre", "post") for axis in AXES)]
    columns += ["pre_neuron_id", "post_neuron_id"]
    table = write_table(tmp_path / "synapses.csv", [dict.fromkeys(columns, 10)])
    refused: list[InvalidInputError] = []

    def create_it_too() -> None:
        try:
            create_dataset("cortex", volumes, table)
        except InvalidInputError as error:
            refused.append(error)
        finally:
            connection.close()

    later = threading.Thread(target=create_it_too)
    with transaction.atomic():
        Dataset.objects.create(name="cortex")  # not to be seen by others before the block ends
        later.start()
        wait_for(someone_waits, "the other creation")
    later.join(20)
    assert [error.sentence for error in refused] == ["name: there is a dataset 'cortex' already."]
    assert refused[0].field == "name"
    assert Dataset.objects.count() == 1
    assert not Volume.objects.exists()
