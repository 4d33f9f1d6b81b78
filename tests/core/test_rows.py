"""Rows read with SQL of our own are the same as those that Django reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.campaigns.models import Campaign, Membership
from apps.core.rows import rows_of
from apps.datasets.models import Instance
from tests.support.paper import paper_campaign
from tests.support.people import Team

pytestmark = pytest.mark.django_db
LARGEST = 2**64 - 1


def test_values_are_converted_as_django_does(tmp_path: Path, team: Team) -> None:
    campaign = paper_campaign(tmp_path, {team.anna: Membership.Role.ANNOTATOR}, instances=6)
    Instance.objects.filter(source_id=2).update(pre_root_id=LARGEST, post_root_id=None)
    found = rows_of(Instance, "WHERE table_id = %s ORDER BY source_id", [campaign.table_id])
    expected = list(Instance.objects.order_by("source_id"))
    assert [vars_of(one) for one in found] == [vars_of(one) for one in expected]
    assert found[2].pre_root_id == LARGEST
    (own,) = rows_of(Campaign, "WHERE id = %s", [campaign.pk])
    assert vars_of(own) == vars_of(Campaign.objects.get(pk=campaign.pk))


def vars_of(row: Instance | Campaign) -> dict[str, object]:
    """The values of all columns."""
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
