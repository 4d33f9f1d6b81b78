"""Files that people send to restore campaigns from, within a test."""

from __future__ import annotations

import uuid
from pathlib import Path

from django.db.models import Model
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Membership
from apps.datasets.models import SynapseTable
from apps.exports.models import Restore, RestoredPlace
from apps.exports.services.restores import ask_for_campaign, keep_file
from apps.exports.services.restores_work import work_on
from apps.exports.services.writing import synanno_pieces
from apps.proofreading.models import Verdict
from apps.revision.models import AddedSynapse, Revision
from apps.revision.services.additions import add_synapse
from apps.voxels.geometry import Point
from tests.revision.test_additions import seen
from tests.support.counts import MODELS
from tests.support.paper import paper_campaign, work
from tests.support.people import Team

State = Restore.State
A_TURN = "jobs that last 0"
STORED: tuple[type[Model], ...] = (*MODELS, Verdict, AddedSynapse, Revision, RestoredPlace)
CHOICES = {
    **{"name": "Again", "table": None, "dataset": None, "new_table": "", "annotator": "ben"},
    **{"polarity_switch": "", "missed": True, "labels": True},
}


def judged(tmp_path: Path, team: Team) -> Campaign:
    """Judged, and with a synapse that its table missed."""
    roles = {team.manager: Membership.Role.MANAGER, team.anna: Membership.Role.ANNOTATOR}
    campaign = paper_campaign(tmp_path, roles, instances=4)
    work(campaign, team.anna)
    add_synapse(campaign, team.anna, seen(Point(700, 700, 700)), timezone.now())
    return campaign


def text_of(campaign: Campaign) -> str:
    return "".join(synanno_pieces(campaign))


def sent(campaign: Campaign, by: User) -> Restore:
    """A file of the campaign that a worker has looked at."""
    content = text_of(campaign).encode()
    restore = keep_file(by, uuid.uuid4(), "theirs.json", [content], timezone.now())
    work_on(restore.pk)
    restore.refresh_from_db()
    assert restore.state == State.READ
    return restore


def ask(restore: Restore, **choices: object) -> Restore:
    return ask_for_campaign(restore, restore.asked_by, CHOICES | choices, timezone.now())


def after(restore: Restore) -> Restore:
    return Restore.objects.get(pk=restore.pk)


def into(table: SynapseTable, *, is_new: bool) -> dict[str, object]:
    return {"dataset": table.dataset_id, "new_table": "theirs"} if is_new else {"table": table.pk}
