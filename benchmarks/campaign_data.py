"""Fill the database of a running copy for a bench. Runs inside Django, by `manage.py shell`."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils.crypto import get_random_string

from apps.accounts.models import User
from apps.campaigns.domain import Assignment
from apps.campaigns.domain.neurons import FROM, NeuronChoice
from apps.campaigns.models import Campaign, Item, Membership
from apps.campaigns.selectors import requests_of
from apps.datasets.models import SkeletonSource, SynapseTable, Volume
from apps.datasets.services.datasets import VolumeInput, create_dataset
from apps.datasets.services.rendering import render_cutouts
from apps.proofreading.services.campaigns import open_campaign
from apps.voxels.geometry import Point
from benchmarks.volumes import NEURON

PATIENCE_S = 120.0


def main(wanted: str) -> None:
    """JSON in; on the last line that is printed, JSON out."""
    print(json.dumps(make_campaigns(json.loads(wanted))))


def make_campaigns(wanted: dict[str, Any]) -> dict[str, Any]:
    """People, and open campaigns in which the first of them are annotators.

    `wanted`: `campaigns`, each with a name, how many people, image, image_mip, clefts, table
    (addresses and a path), crop (x, y, z), whether all its cutouts are rendered, and the folder of
    `skeletons` of the neuron along which it goes, "" for none. Gives the ids of the campaigns by
    name, and cookies and token of each person.
    """
    most = max(one["people"] for one in wanted["campaigns"])
    people = [User.objects.create(username=f"person-{number}") for number in range(most)]
    made = [_make_campaign(one, people[: one["people"]]) for one in wanted["campaigns"]]
    for campaign, one in zip(made, wanted["campaigns"], strict=True):
        _await_open(campaign)
        if one["rendered"]:
            items = list(Item.objects.filter(campaign=campaign).select_related("instance"))
            render_cutouts(requests_of(campaign, items))
    return {
        "campaigns": {campaign.name: campaign.pk for campaign in made},
        "sessions": [session_of(user) for user in people],
    }


def _make_campaign(wanted: dict[str, Any], people: Sequence[User]) -> Campaign:
    volumes = [
        VolumeInput(Volume.Kind.IMAGE, wanted["image"], mip=wanted["image_mip"]),
        VolumeInput(Volume.Kind.CLEFT, wanted["clefts"]),
    ]
    table = create_dataset(wanted["name"], volumes, Path(wanted["table"]))
    members = dict.fromkeys(people, Membership.Role.ANNOTATOR)
    crop = Point(*wanted["crop"])
    if not wanted["skeletons"]:
        return open_campaign(wanted["name"], table, members, crop=crop)
    _give_skeletons(table, Path(wanted["skeletons"]))
    return open_campaign(
        wanted["name"],
        table,
        members,
        crop=crop,
        assignment=Assignment(order=Campaign.Order.NEURON),
        neurons=NeuronChoice((NEURON,), FROM),
    )


def _give_skeletons(table: SynapseTable, folder: Path) -> None:
    """The skeletons of the table's dataset are SWC files; a worker has looked at them."""
    source = SkeletonSource.objects.create(
        dataset=table.dataset, kind=SkeletonSource.Kind.SWC, address=f"file://{folder}"
    )
    SkeletonSource.objects.filter(pk=source.pk).update(checked_version=source.version)


def _await_open(campaign: Campaign) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while campaign.status != Campaign.Status.OPEN:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the campaign is not open after {PATIENCE_S:.0f} s")
        time.sleep(0.1)
        campaign.refresh_from_db()


def session_of(user: User) -> dict[str, str]:
    """What a logged-in browser sends."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    token = get_random_string(32)
    session = f"{name}={client.cookies[name].value}"
    return {
        "cookies": f"{session}; {settings.CSRF_COOKIE_NAME}={token}",
        "csrf_token": token,
    }
