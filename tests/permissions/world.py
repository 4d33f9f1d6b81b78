"""A campaign with somebody in every role, somebody outside, and something of each kind in it."""

from __future__ import annotations

import gzip
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.test import Client
from django.utils import timezone

from apps.accounts.models import Team, TeamMember, User
from apps.accounts.services.tokens import create_token
from apps.campaigns.models import Campaign, ExamplePicture, Lease, Membership, TeamEntry
from apps.campaigns.services.leasing import lease_page
from apps.datasets.domain.secrets import SecretKind
from apps.datasets.models import Dataset, DatasetPlan, RefusedRows
from apps.datasets.services.secrets import create_secret
from apps.datasets.services.serving import preview_path
from apps.evaluation.services.reporting import make_reports
from apps.exports.services.restores import keep_file
from apps.proofreading.domain import Label
from apps.proofreading.models import MissedMark
from apps.revision.models import Proposal, RevisionLease
from apps.revision.services.additions import NewSynapse, add_synapse
from apps.voxels.geometry import Point
from tests.support.deliveries import a_delivery
from tests.support.exports import ask
from tests.support.paper import paper_campaign
from tests.support.plans import full_plan
from tests.support.revisions import settle_as, take_revision

Role = Membership.Role


@dataclass(frozen=True)
class World:
    """`arguments` stand for the parts of addresses that name something: a lease of the annotator,
    a token of the annotator, and so on."""

    people: dict[str, User | None]
    campaign: Campaign
    arguments: dict[str, Any]

    def browser_of(self, who: str) -> Client:
        client = Client(headers={"Accept": "text/html, application/json, */*"})
        person = self.people[who]
        if person is not None:
            client.force_login(person)
        return client


def make_world(folder: Path) -> World:
    """The campaign is open and evaluated; the annotator holds a page of it."""
    members = {role: _person(role.value) for role in Role}
    campaign = paper_campaign(folder, {user: role for role, user in members.items()})
    lease = lease_page(campaign, members[Role.ANNOTATOR], timezone.now()).lease
    assert lease is not None
    revision = _revision(campaign, members[Role.ANNOTATOR])
    make_reports(campaign.pk, timezone.now())
    token, _ = create_token(members[Role.ANNOTATOR], "Notebook", 30)
    team = Team.objects.create(name="The first shift")
    TeamMember.objects.create(team=team, user=members[Role.ANNOTATOR])
    TeamEntry.objects.create(campaign=campaign, team=team, role=Role.ANNOTATOR)
    administrator = _person("administrator", is_superuser=True, is_staff=True)
    image = campaign.table.dataset.volumes.get(kind="image")
    return World(
        people={
            "administrator": administrator,
            **{role.value: user for role, user in members.items()},
            "outsider": _person("outsider"),
            "nobody": None,
        },
        campaign=campaign,
        arguments={
            "campaign_id": campaign.pk,
            "token": lease.token,
            "token_id": token.pk,
            "revision_token": revision.token,
            "revision_id": revision.revision_id,
            "proposal_id": _proposal(revision).pk,
            "added_id": _added(campaign, members[Role.ANNOTATOR]),
            "mark_key": _mark(lease).key,
            "root_id": (neuron := campaign.neurons.create(root_id=7, position=0)).root_id,
            "section_id": neuron.sections.create(
                campaign=campaign, number=0, path_nm=[[0, 0, 0]], length_nm=0
            ).pk,
            "picture_id": _picture(campaign).pk,
            "webhook_id": campaign.webhooks.create(address="https://example.org/", secret="-").pk,
            "export_key": ask(campaign).key,
            "person_id": members[Role.ANNOTATOR].pk,
            "team_id": team.pk,
            "volume_id": image.pk,
            "delivery_id": a_delivery(campaign, administrator).pk,
            "dataset_id": _with_skeleton(campaign.table.dataset).pk,
            "restore_key": keep_file(
                administrator, uuid.uuid4(), "a.json", [b"{}"], timezone.now()
            ).key,
            "plan_id": _plan(administrator, campaign).pk,
            "table_id": campaign.table_id,
            "secret_id": create_secret("bucket", SecretKind.HTTPS, "-", administrator).pk,
            "signed": preview_path(administrator, image.address, "image").split("/")[-2],
        },
    )


def _revision(campaign: Campaign, holder: User) -> RevisionLease:
    """An instance that came to be incorrect, which the annotator is mending."""
    item = campaign.items.latest("position")
    settle_as(item, Label.INCORRECT)
    return take_revision(campaign, holder)


def _proposal(lease: RevisionLease) -> Proposal:
    """Asked for by who holds the revision, and waiting."""
    return Proposal.objects.create(
        key=uuid.uuid4(),
        revision=lease.revision,
        lease=lease,
        method="classical",
        seeds={},
        asked_at=timezone.now(),
    )


def _added(campaign: Campaign, annotator: User) -> int:
    """A synapse that the annotator added."""
    new = NewSynapse(uuid.uuid4(), Point(900, 900, 900), 899, 901)
    return add_synapse(campaign, annotator, new, timezone.now()).pk


def _mark(lease: Lease) -> MissedMark:
    """A mark of the annotator's."""
    return MissedMark.objects.create(
        key=uuid.uuid4(), lease=lease, user=lease.user, x=800, y=800, z=800
    )


def _with_skeleton(dataset: Dataset) -> Dataset:
    """Of the neuron 7."""
    dataset.skeletons.create(root_id=7, content=bytes(8))
    return dataset


def _plan(owner: User, campaign: Campaign) -> DatasetPlan:
    """Of a table with refused rows; a draft."""
    table = campaign.table
    RefusedRows.objects.create(table=table, count=1, kept=1, content=gzip.compress(b"line"))
    return full_plan(owner, table)


def _picture(campaign: Campaign) -> ExamplePicture:
    return campaign.pictures.create(
        position=0, caption="A synapse", content_type="image/png", content=b"-"
    )


def _person(name: str, **more: Any) -> User:
    return User.objects.create(username=name, **more)
