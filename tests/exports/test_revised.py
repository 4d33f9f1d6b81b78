"""SynAnno's file tells what was mended and added; CSV tells it in a row."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.exports.domain.formats import Format
from apps.exports.services.writing import synanno_pieces
from apps.proofreading.domain import Label
from apps.revision.domain import Decision
from apps.revision.models import Revision
from apps.revision.services.finishing import finish
from synanno_server.env import REPOSITORY
from tests.revision.drawing import draw, set_point
from tests.revision.test_outcomes import add
from tests.support.exports import ask, exports_in, text_of, written
from tests.support.people import Team
from tests.support.revisions import settle_as, take_revision, to_mend

pytestmark = pytest.mark.django_db


@pytest.fixture
def mended(tmp_path: Path, team: Team, settings: LazySettings) -> Campaign:
    """Of the first three, all incorrect: one is mended (drawn, a point set and one taken away), one
    is no synapse, one waits. Two were added, of which one is no synapse either."""
    settings.ENVIRONMENT = exports_in(tmp_path / "exports")
    campaign = to_mend(tmp_path, team, count=3)
    now = timezone.now()
    lease = take_revision(campaign, team.ben)
    draw(lease, 300, 1)
    set_point(lease, "pre", 1, 50)
    set_point(lease, "post", 1, None)
    finish(lease, Decision.MENDED, "", now)
    finish(take_revision(campaign, team.ben), Decision.NO_SYNAPSE, "a vesicle", now)
    settle_as(campaign.items.get(position=2), Label.INCORRECT)
    for decision in (None, Decision.NO_SYNAPSE):
        revision = Revision.objects.create(
            campaign=campaign, added=add(campaign, team.anna), rank=0
        )
        if decision is not None:
            finish(take_revision(campaign, team.ben, revision.pk), decision, "", now)
    return campaign


def test_the_file_of_synanno_tells_what_holds(mended: Campaign) -> None:
    records: list[dict[str, Any]] = json.loads("".join(synanno_pieces(mended)))["Metadata"]
    told = [
        (one["Image_Index"], one["Label"], one["Error_Description"], one["Annotated"])
        for one in records
    ]
    assert told == [
        (0, "correct", "None", "Yes"),
        (1, "incorrect", "falsePositive: a vesicle", "No"),
        (2, "incorrect", "None", "No"),
        (3, "correct", "None", "No"),
        (4, "correct", "None", "No"),
        (5, "correct", "None", "No"),
        (6, "incorrect", "False Negative", "No"),
    ]
    points = [[one[f"{side}_pt_{a}"] for side in ("pre", "post") for a in "xyz"] for one in records]
    assert points[0] == [50, 50, 50, None, None, None]
    missed = records[-1]
    assert (missed["materialization_index"], missed["neuron_id"]) == (-1, -1)
    export = written(ask(mended))
    assert text_of(export, "synanno.json") == "".join(synanno_pieces(mended))


def test_a_row_tells_both_what_was_said_and_what_was_mended(mended: Campaign) -> None:
    text = text_of(written(ask(mended, Format.CSV)), "outcomes.csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["state"] for row in rows] == [
        "mended", "no_synapse", "settled", *["unjudged"] * 3, "added", "no_synapse",
    ]  # fmt: skip
    first, second = rows[0], rows[1]
    assert (first["verdict"], first["judged"], first["decision"]) == (
        "correct", "incorrect", "mended",
    )  # fmt: skip
    assert (first["pre_x"], first["post_x"], first["drawn_slices"]) == ("50", "", "1")
    assert (second["categories"], second["decision_note"]) == ("falsePositive", "a vesicle")
    assert {row["annotators"] + row["decided_by"] + row["pre_by"] for row in rows} == {""}


def test_the_page_has_words_for_every_format() -> None:
    words = (REPOSITORY / "apps/exports/frontend/words.ts").read_text()
    assert re.findall(r'{ name: "(\w+)"', words) == [form.value for form in Format]


def test_the_software_says_its_version() -> None:
    project = (REPOSITORY / "pyproject.toml").read_text()
    assert f'version = "{settings.SOFTWARE_VERSION}"' in project
