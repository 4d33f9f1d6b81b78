"""SynAnno's file of a campaign along neurons says where each synapse lies on the walk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apps.campaigns.domain.neurons import NeuronChoice
from apps.campaigns.models import Membership
from apps.exports.domain.reading import read_document
from apps.exports.services.writing import synanno_pieces
from tests.support.paper import work
from tests.support.people import Team
from tests.support.walks import (
    FORKED,
    STRAIGHT,
    UNKNOWN,
    fork_rows,
    line_rows,
    neuron_table,
    row,
    walk_campaign,
)

pytestmark = pytest.mark.django_db


def test_records_name_neuron_section_and_place(tmp_path: Path, team: Team) -> None:
    """A neuron without a skeleton has no sections: its synapses name it, and are else those of
    volume mode."""
    rows = [*line_rows(2), *fork_rows(), row((9000, 9000, 9000), UNKNOWN, 99)]
    table = neuron_table(tmp_path, rows)
    campaign = walk_campaign(
        table,
        {team.anna: Membership.Role.ANNOTATOR},
        NeuronChoice((UNKNOWN, FORKED, STRAIGHT), "either"),
    )
    work(campaign, team.anna)
    text = "".join(synanno_pieces(campaign))
    records = json.loads(text)["Metadata"]
    told = [
        (one["neuron_id"], one["section_index"], one["tree_traversal_index"]) for one in records
    ]
    assert told == [
        (UNKNOWN, -1, -1),
        *((FORKED, 0, place) for place in range(6)),
        *((FORKED, 1, place) for place in range(6, 10)),
        *((FORKED, 2, place) for place in range(10, 16)),
        (STRAIGHT, 0, 0),
        (STRAIGHT, 0, 1),
    ]
    assert [one["Page"] for one in records] == [1] + [2] * 6 + [4] * 4 + [6] * 6 + [8] * 2
    again = read_document(text, "along.json")
    assert [one.in_volume_mode for one in again.records] == [True] + [False] * 18
