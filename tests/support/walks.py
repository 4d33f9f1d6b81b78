"""Datasets of neurons with skeletons, on paper, and campaigns that go along them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from apps.accounts.models import User
from apps.campaigns.domain import Assignment
from apps.campaigns.domain.neurons import NeuronChoice
from apps.campaigns.models import Campaign, Membership
from apps.campaigns.services.campaigns import let_people_in
from apps.campaigns.services.walking import give_out_synapses, place_walk_part, walk_next
from apps.datasets.models import SynapseTable
from apps.proofreading.services.campaigns import open_campaign
from tests.support.datasets import make_empty_dataset
from tests.support.skeletons import swc_source

FORKED, STRAIGHT, UNKNOWN = 2**63 + 5, 22, 33  # the first as large as CAVE's
NM = 8  # of a voxel along each axis
# A soma, 12 µm up; there an arm of 5 µm and one of 10 µm, which is walked last.
FORK = """\
1 1 1000 16000 1000 500 -1
2 3 1000 16000 7000 200 1
3 3 1000 16000 13000 200 2
4 3 1000 21000 13000 100 3
5 3 1000 11000 13000 100 3
6 3 1000 6000 13000 100 5
"""
# 20 µm without a branch, and without a soma: walked from its first vertex.
LINE = """\
1 3 20000 1000 1000 100 -1
2 3 20000 1000 21000 100 1
"""
# Along each section of the fork, from its begin.
STEM = [(1000, 16000, z) for z in range(2000, 13000, 2000)]
SHORT_ARM = [(1000, y, 13000) for y in range(17000, 21000, 1000)]
LONG_ARM = [(1000, y, 13000) for y in range(15000, 6000, -1500)]
Nm = tuple[int, int, int]


def row(at: Nm, before: int, after: int) -> dict[str, int]:
    """A synapse at a place in nm, between two neurons; -1 is none."""
    voxel = dict(zip("xyz", (value // NM for value in at), strict=True))
    points = {
        f"{side}_pt_{axis}": value for side in ("pre", "post") for axis, value in voxel.items()
    }
    return voxel | points | {"pre_neuron_id": before, "post_neuron_id": after}


def fork_rows(other: int = 99) -> list[dict[str, int]]:
    """Synapses from the forked neuron; in the table the far ends come first."""
    places = [*STEM, *SHORT_ARM, *LONG_ARM]
    return [row(at, FORKED, other) for at in reversed(places)]


def line_rows(count: int = 8, other: int = 99) -> list[dict[str, int]]:
    """Synapses onto the straight neuron, one after the other."""
    return [row((20000, 1000, 2000 + 2000 * n), other, STRAIGHT) for n in range(count)]


def neuron_table(
    folder: Path, rows: Sequence[dict[str, int]], files: Mapping[int, str] | None = None
) -> SynapseTable:
    """A table over volumes of 33 µm, whose dataset has skeletons."""
    table = make_empty_dataset(folder / "neurons", list(rows), name="neurons", size=(4096,) * 3)
    known = {FORKED: FORK, STRAIGHT: LINE} if files is None else files
    source = swc_source(table.dataset, folder / "swc", known)
    source.checked_version = source.version
    source.save(update_fields=["checked_version"])
    return table


def walk_campaign(
    table: SynapseTable,
    roles: Mapping[User, Membership.Role],
    choice: NeuronChoice,
    *,
    name: str = "Along",
    page_size: int = 6,
    passes: int = 1,
    prepared: bool = True,
    **more: Any,
) -> Campaign:
    """A campaign along neurons; open, unless `prepared` is False."""
    work = Assignment(passes=passes, order="neuron")
    campaign = open_campaign(
        name, table, roles, page_size=page_size, assignment=work, neurons=choice, **more
    )
    if prepared:
        make_walk(campaign)
        let_people_in(campaign.pk)
        campaign.refresh_from_db()
    return campaign


def make_walk(campaign: Campaign) -> None:
    """All its pages."""
    give_out_synapses(campaign.pk)
    while walk_next(campaign.pk):
        pass
    while place_walk_part(campaign.pk):
        pass
