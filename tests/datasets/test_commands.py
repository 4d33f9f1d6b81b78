"""`create_dataset` and `open_campaign` at the command line."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command

from apps.campaigns.models import Campaign
from apps.datasets.models import SynapseTable
from tests.support.counts import counts
from tests.support.people import Team
from tests.support.volumes import PhantomFiles

pytestmark = pytest.mark.django_db


def command(*arguments: str) -> str:
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def dataset_arguments(files: PhantomFiles, name: str) -> list[str]:
    return [
        *("create_dataset", name, "--image", files.image, "--cleft", files.cleft),
        *("--neuron", files.neuron, "--table", str(files.table)),
    ]


def campaign_arguments(name: str, **changes: str) -> list[str]:
    options = {"--dataset": "phantom", "--manager": "manager", "--annotator": "anna"} | {
        f"--{key.replace('_', '-')}": value for key, value in changes.items()
    }
    words = [word for key, value in options.items() for word in (key, *value.split(" "))]
    return ["open_campaign", name, *words]


def test_commands_make_a_dataset_and_a_campaign(phantom_files: PhantomFiles, team: Team) -> None:
    printed = command(
        *dataset_arguments(phantom_files, "by_hand"),
        *("--image-resolution", "8", "8", "32", "--cleft-axis-order", "xyz", "--neuron-mip", "0"),
        *("--table-resolution", "8", "8", "32"),
    )
    assert printed == (
        f"Dataset 'by_hand' with table 'synapses': {phantom_files.rows} instances.\n"
    )
    printed = command(
        *campaign_arguments("Round", dataset="by_hand", annotator="anna ben", page_size="24"),
        *("--crop", "64", "64", "4", "--instructions", "Look twice."),
    )
    campaign = Campaign.objects.get()
    assert printed.startswith(f"Campaign {campaign.pk}, 'Round': being prepared by the workers")
    assert (campaign.crop, campaign.page_size) == ((64, 64, 4), 24)
    assert campaign.instructions == "Look twice."
    assert dict(campaign.memberships.values_list("user__username", "role")) == {
        "manager": "manager",
        "anna": "annotator",
        "ben": "annotator",
    }


def test_a_dataset_of_this_name_is_there(table: SynapseTable, phantom_files: PhantomFiles) -> None:
    before = counts()
    with pytest.raises(CommandError, match="name: there is a dataset 'phantom' already"):
        command(*dataset_arguments(phantom_files, "phantom"))
    with pytest.raises(CommandError, match="cleft: the volume at file:///none cannot"):
        command(*dataset_arguments(replace(phantom_files, cleft="file:///none"), "new"))
    assert counts() == before


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"dataset": "none"}, "dataset: there is no dataset 'none'."),
        ({"table": "none"}, "table: the dataset 'phantom' has no table 'none', but synapses."),
        ({"manager": "nobody"}, "manager: there is no user 'nobody'."),
        ({"annotator": "anna nobody"}, "annotator: there is no user 'nobody'."),
        ({"annotator": "manager"}, "annotator: 'manager' is a manager of this campaign already"),
        ({"page_size": "18"}, "page_size: 18 is none of 6, 12, 24."),
        ({"crop": "1000000 256 6"}, "crop_size: crop_size_x is 1000000 voxels; it must be between"),
        ({"crop": "256 0 6"}, "crop_size: crop_size_y is 0 voxels"),
        ({"crop": "256 256 -6"}, "crop_size: crop_size_z is -6 voxels"),
        ({"crop": "2048 2048 2048"}, "crop_size: the crop of 2048×2048×2048 voxels holds"),
    ],
)
def test_a_campaign_that_cannot_be(
    table: SynapseTable, team: Team, changes: dict[str, str], sentence: str
) -> None:
    before = counts()
    with pytest.raises(CommandError) as raised:
        command(*campaign_arguments("Bad", **changes))
    assert str(raised.value).startswith(sentence)
    assert counts() == before


def test_the_name_of_a_campaign_is_taken(campaign: Campaign, team: Team) -> None:
    before = counts()
    with pytest.raises(CommandError, match="name: there is a campaign 'Round one' already"):
        command(*campaign_arguments("Round one"))
    assert counts() == before


def test_waiting_without_a_worker_ends(
    table: SynapseTable, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.proofreading.management.commands.open_campaign.PATIENCE_S", 0.1)
    with pytest.raises(CommandError, match=r"still being prepared after 0\.1 s .*Is a worker"):
        command(*campaign_arguments("Slow"), "--wait")
